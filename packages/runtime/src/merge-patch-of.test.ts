import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergePatchOf } from './merge-patch-of.ts'

const rows = [
  {
    name: 'nothing for equal values in another order',
    before: { a: { b: 1, c: [1] } },
    after: { a: { c: [1], b: 1 } },
  },
  {
    name: 'only what changed',
    before: { a: 1, b: { c: 1, d: 2 } },
    after: { a: 1, b: { c: 1, d: 3 } },
    want: { b: { d: 3 } },
  },
  { name: 'null for what is gone', before: { a: 1, b: 2 }, after: { a: 1 }, want: { b: null } },
  { name: 'arrays whole', before: { a: [1, 2] }, after: { a: [1, 3] }, want: { a: [1, 3] } },
  { name: 'nothing for undefined fields', before: { a: 1 }, after: { a: 1, b: undefined } },
]

for (const { name, before, after, want } of rows) {
  test(`mergePatchOf() gives ${name}`, () => {
    expect(mergePatchOf(before, after)).toEqual(want)
  })
}

test('mergePatchOf() applied to the first value gives the second', () => {
  // RFC 7386 cannot say null, so there is none.
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer())),
    tree: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('tree'))),
  }))
  fc.assert(
    fc.property(
      tree as fc.Arbitrary<Record<string, unknown>>,
      tree as fc.Arbitrary<Record<string, unknown>>,
      (a, b) => {
        const patch = mergePatchOf(a, b)
        expect(patch === undefined ? a : apply(a, patch)).toEqual(b)
      },
    ),
  )
})

function apply(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target)
  const result: Record<string, unknown> = isObject ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = apply(result[name], value)
  }
  return result
}
