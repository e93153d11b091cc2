// Equality, canonical text and changes of one path that share the rest.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, deepEqual, getPath, setPath } from './json.ts'

describe('deepEqual() and canonicalJson()', () => {
  it('agree with each other on any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        expect(deepEqual(left, right)).toBe(canonicalJson(left) === canonicalJson(right))
        expect(deepEqual(left, JSON.parse(JSON.stringify(left)))).toBe(true)
      }),
    )
  })

  it('do not look at the order of fields or at undefined ones', () => {
    expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true)
    expect(deepEqual({ constructor: 1 }, { a: 1 })).toBe(false)
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}')
  })
})

describe('setPath()', () => {
  it('shares everything beside the path', () => {
    const before = { spec: { replicas: 1, template: { a: 1 } }, status: { x: 1 } }
    const after = setPath(before, ['spec', 'replicas'], 2)
    expect(after).toEqual({ spec: { replicas: 2, template: { a: 1 } }, status: { x: 1 } })
    expect(after.status).toBe(before.status)
    expect(after.spec.template).toBe(before.spec.template)
    expect(before.spec.replicas).toBe(1)
  })

  it('returns the same value when nothing changes', () => {
    const before = { a: [1, { b: 2 }] }
    expect(setPath(before, ['a', 1, 'b'], 2)).toBe(before)
    expect(setPath(before, ['gone', 'x'], undefined)).toBe(before)
  })

  it('makes what is missing, appends and removes', () => {
    expect(setPath({}, ['a', 0, 'b'], 1)).toEqual({ a: [{ b: 1 }] })
    expect(setPath({ a: [1] }, ['a', 5], 2)).toEqual({ a: [1, 2] })
    expect(setPath({ a: [1, 2], b: 1 }, ['a', 0], undefined)).toEqual({ a: [2], b: 1 })
    expect(setPath({ a: 1, b: 1 }, ['a'], undefined)).toEqual({ b: 1 })
  })

  it('leaves prototypes alone', () => {
    const made = setPath({}, ['__proto__', 'polluted'], true)
    expect(Object.hasOwn(made, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(getPath({}, ['constructor', 'name'])).toBeUndefined()
  })
})
