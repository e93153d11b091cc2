// JSON Patch and JSON Merge Patch: the standards' examples, the API server's words, nothing mutated.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyJsonPatch } from './json-patch.ts'
import type { JsonPatchOperation } from './kube-api.ts'
import { applyMergePatch, createMergePatch } from './merge-patch.ts'

const applied: readonly { name: string; given: unknown; patch: JsonPatchOperation[]; want: unknown }[] = [
  { name: 'adds a field', given: { a: 1 }, patch: [{ op: 'add', path: '/b', value: 2 }], want: { a: 1, b: 2 } },
  {
    name: 'adds an item',
    given: { a: [1, 3] },
    patch: [{ op: 'add', path: '/a/1', value: 2 }],
    want: { a: [1, 2, 3] },
  },
  { name: 'appends', given: { a: [1] }, patch: [{ op: 'add', path: '/a/-', value: 2 }], want: { a: [1, 2] } },
  { name: 'removes', given: { a: 1, b: [1, 2] }, patch: [{ op: 'remove', path: '/b/0' }], want: { a: 1, b: [2] } },
  {
    name: 'replaces',
    given: { a: { b: 1 } },
    patch: [{ op: 'replace', path: '/a/b', value: null }],
    want: { a: { b: null } },
  },
  { name: 'replaces all', given: { a: 1 }, patch: [{ op: 'replace', path: '', value: [] }], want: [] },
  {
    name: 'moves',
    given: { a: { b: 1 }, c: {} },
    patch: [{ op: 'move', from: '/a/b', path: '/c/d' }],
    want: { a: {}, c: { d: 1 } },
  },
  { name: 'copies', given: { a: [1] }, patch: [{ op: 'copy', from: '/a', path: '/b' }], want: { a: [1], b: [1] } },
  {
    name: 'tests',
    given: { a: { b: [1] } },
    patch: [{ op: 'test', path: '/a', value: { b: [1] } }],
    want: { a: { b: [1] } },
  },
  { name: 'tests for absence', given: {}, patch: [{ op: 'test', path: '/a', value: null }], want: {} },
  {
    name: 'unescapes',
    given: { 'a/b': { '~': 1 } },
    patch: [{ op: 'replace', path: '/a~1b/~0', value: 2 }],
    want: { 'a/b': { '~': 2 } },
  },
]

const refused: readonly { name: string; given: unknown; patch: unknown; want: string }[] = [
  {
    name: 'a missing way',
    given: {},
    patch: [{ op: 'add', path: '/a/b', value: 1 }],
    want: 'add operation does not apply: doc is missing path: "/a/b": missing value',
  },
  {
    name: 'a missing key',
    given: {},
    patch: [{ op: 'remove', path: '/a' }],
    want: "error in remove for path: '/a': Unable to remove nonexistent key: a: missing value",
  },
  {
    name: 'replacing nothing',
    given: {},
    patch: [{ op: 'replace', path: '/a', value: 1 }],
    want: 'replace operation does not apply: doc is missing key: /a: missing value',
  },
  {
    name: 'an index past the end',
    given: { a: [] },
    patch: [{ op: 'add', path: '/a/1', value: 1 }],
    want: 'Unable to access invalid index: 1: invalid index referenced',
  },
  {
    name: 'a failed test',
    given: { a: 1 },
    patch: [{ op: 'test', path: '/a', value: 2 }],
    want: 'testing value /a failed: test failed',
  },
  {
    name: 'an inherited field',
    given: {},
    patch: [{ op: 'replace', path: '/constructor', value: 1 }],
    want: 'doc is missing key: /constructor',
  },
  {
    name: 'a way through a prototype',
    given: {},
    patch: [{ op: 'add', path: '/__proto__/x', value: 1 }],
    want: 'doc is missing path',
  },
  { name: 'an unknown operation', given: {}, patch: [{ op: 'jump', path: '/a' }], want: 'Unexpected kind: jump' },
  {
    name: 'too many operations',
    given: {},
    patch: Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: null })),
    want: 'The allowed maximum operations in a JSON patch is 10000, got 10001',
  },
]

describe('applyJsonPatch()', () => {
  it.each(applied)('$name', ({ given, patch, want }) => {
    const before = JSON.stringify(given)
    expect(applyJsonPatch(given, patch)).toEqual(want)
    expect(JSON.stringify(given)).toBe(before)
  })

  it.each(refused)('refuses $name', ({ given, patch, want }) => {
    expect(() => applyJsonPatch(given, patch as JsonPatchOperation[])).toThrow(want)
  })

  it('refuses copies of copies that would grow without bound', () => {
    const doubling: JsonPatchOperation[] = Array.from({ length: 60 }, (_, index) => ({
      op: 'copy',
      from: '',
      path: `/x${index}`,
    }))
    expect(() => applyJsonPatch({ a: 'a' }, doubling)).toThrow(
      /^Unable to complete the copy, .* exceeding the limit 3145728/,
    )
  })

  it('sets a field named __proto__ as a plain field', () => {
    const after = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]) as object
    expect(Object.getPrototypeOf(after)).toBe(Object.prototype)
    expect(JSON.stringify(after)).toBe('{"__proto__":{"polluted":true}}')
  })
})

describe('applyMergePatch()', () => {
  it.each([
    { given: { a: 'b' }, patch: { a: 'c' }, want: { a: 'c' } },
    { given: { a: 'b', b: 'c' }, patch: { a: null }, want: { b: 'c' } },
    { given: { a: ['b'] }, patch: { a: 'c' }, want: { a: 'c' } },
    { given: { a: { b: 'c' } }, patch: { a: { b: 'd', c: null } }, want: { a: { b: 'd' } } },
    { given: { a: [{ b: 'c' }] }, patch: { a: [1] }, want: { a: [1] } },
    { given: ['a'], patch: { b: 1 }, want: { b: 1 } },
    { given: {}, patch: { a: { bb: { ccc: null } } }, want: { a: { bb: {} } } },
  ])('turns $given with $patch into $want', ({ given, patch, want }) => {
    expect(applyMergePatch(given, patch)).toEqual(want)
  })

  it('shares what it does not touch, and returns the target when nothing changes', () => {
    const target = { a: { b: 1 }, c: [1] }
    expect(applyMergePatch(target, { a: { b: 1 }, c: [1], d: null })).toBe(target)
    expect((applyMergePatch(target, { c: [2] }) as typeof target).a).toBe(target.a)
  })
})

const withoutNulls = fc.object({ values: [fc.integer(), fc.string(), fc.boolean()] })

describe('createMergePatch()', () => {
  it('makes the patch that leads from one object to the other', () => {
    fc.assert(
      fc.property(withoutNulls, withoutNulls, (before, after) => {
        const from = JSON.parse(JSON.stringify(before)) as Record<string, unknown>
        const to = JSON.parse(JSON.stringify(after)) as Record<string, unknown>
        expect(applyMergePatch(from, createMergePatch(from, to))).toEqual(to)
        expect(createMergePatch(from, from)).toEqual({})
      }),
    )
  })
})
