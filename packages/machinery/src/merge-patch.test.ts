import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyMergePatch, createMergePatch } from './merge-patch.ts'

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
  test(`createMergePatch() gives ${name}`, () => {
    expect(createMergePatch(before, after)).toEqual(want ?? {})
  })
}

test('createMergePatch() applied to the first value gives the second', () => {
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
        expect(applyMergePatch(a, createMergePatch(a, b))).toEqual(b)
      },
    ),
  )
})
