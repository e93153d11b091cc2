// Field sets: the wire form as kube-apiserver writes it, and the laws of sets.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  difference,
  encodeFieldSet,
  equalSets,
  fieldSetOfPaths,
  has,
  intersection,
  isEmpty,
  leaves,
  parseFieldSet,
  pathsOf,
  union,
  withoutBranches,
  type FieldPath,
  type FieldSet,
} from './field-set.ts'
import { printPath } from './apply-conflict.ts'
import type { FieldsV1 } from './object.ts'

const steps = words(`f:a f:b f:B f:k: k:{"name":"x"} k:{"name":"y"} k:{"port":80,"protocol":"TCP"}
  k:{"port":9,"protocol":"TCP"} v:"a" v:1 v:10 v:2 v:true i:2 i:10`)
const paths = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 4 })
const sets = fc.array(paths, { maxLength: 12 }).map((given) => fieldSetOfPaths(given))
const printed = (set: FieldSet) => [...pathsOf(set)].map(printPath)

describe('parseFieldSet()', () => {
  const cases: readonly { name: string; given: FieldsV1; want: readonly string[] }[] = [
    { name: 'reads an empty set', given: {}, want: [] },
    { name: 'takes a leaf for a member', given: { 'f:a': {} }, want: ['.a'] },
    { name: 'takes a branch for a member only with a dot', given: { 'f:a': { 'f:b': {} } }, want: ['.a.b'] },
    { name: 'reads the dot', given: { 'f:a': { '.': {}, 'f:b': {} } }, want: ['.a', '.a.b'] },
    {
      name: 'reads keys, values and indices',
      given: { 'f:l': { 'k:{"name":"x"}': {}, 'v:"y"': {}, 'i:3': {} } },
      want: ['.l[name="x"]', '.l[="y"]', '.l[3]'],
    },
    { name: 'sorts the fields of a key', given: { 'k:{"b":1,"a":"x"}': {} }, want: ['[a="x",b=1]'] },
    { name: 'keeps colons and dots of names', given: { 'f:a.b/c:d': {} }, want: ['.a.b/c:d'] },
    { name: 'ignores steps of the future', given: { 'z:1': {}, 'f:a': {} }, want: ['.a'] },
  ]
  it.each(cases)('parseFieldSet() $name', ({ given, want }) => {
    expect(printed(parseFieldSet(given))).toEqual(want)
  })

  it.each(['f', 'name', 'k:[1]', 'k:{', 'v:', 'i:x'])('parseFieldSet() throws for %s', (step) => {
    expect(() => parseFieldSet({ [step]: {} })).toThrow(SyntaxError)
  })

  it('parseFieldSet() takes keys written apart for one', () => {
    const spaced = parseFieldSet({ 'k:{ "protocol": "TCP", "port": 80 }': {} })
    expect(equalSets(spaced, parseFieldSet({ 'k:{"port":80,"protocol":"TCP"}': {} }))).toBe(true)
  })
})

describe('encodeFieldSet()', () => {
  it('encodeFieldSet() orders fields, keys, values and indices each by their content', () => {
    const scrambled = fieldSetOfPaths(steps.toReversed().map((step) => [step]))
    expect(Object.keys(encodeFieldSet(scrambled))).toEqual(
      words(`f:B f:a f:b f:k: k:{"name":"x"} k:{"name":"y"} k:{"port":9,"protocol":"TCP"}
        k:{"port":80,"protocol":"TCP"} v:1 v:2 v:10 v:"a" v:true i:2 i:10`),
    )
  })

  it('encodeFieldSet() escapes what Go escapes', () => {
    expect(Object.keys(encodeFieldSet(parseFieldSet({ 'v:"a<b>&c"': {} })))).toEqual([
      String.raw`v:"a\u003cb\u003e\u0026c"`,
    ])
  })

  it('encodeFieldSet() is undone by parseFieldSet()', () => {
    fc.assert(fc.property(sets, (set) => equalSets(parseFieldSet(encodeFieldSet(set)), set)))
  })

  it('encodeFieldSet() writes equal sets as equal texts, however they were made', () => {
    fc.assert(
      fc.property(fc.uniqueArray(paths, { selector: String }), (given) => {
        const text = (list: readonly FieldPath[]) => JSON.stringify(encodeFieldSet(fieldSetOfPaths(list)))
        return text(given) === text(given.toReversed())
      }),
    )
  })
})

describe('operations on field sets', () => {
  const of = (...given: readonly string[]) =>
    fieldSetOfPaths(given.map((path) => path.split('.').map((name) => `f:${name}`)))

  it('difference() keeps a parent without its child, and a child without its parent', () => {
    expect(printed(difference(of('a', 'a.b'), of('a.b')))).toEqual(['.a'])
    expect(printed(difference(of('a', 'a.b'), of('a')))).toEqual(['.a.b'])
  })

  it('withoutBranches() takes what lies below a member along', () => {
    expect(printed(withoutBranches(of('a', 'a.b', 'a.b.c', 'd.e'), of('a.b', 'd')))).toEqual(['.a'])
  })

  it('leaves() keeps members below which there is none', () => {
    expect(printed(leaves(of('a', 'a.b', 'c')))).toEqual(['.c', '.a.b'])
  })

  it('has() finds members only', () => {
    expect(has(of('a.b'), ['f:a', 'f:b'])).toBe(true)
    expect(has(of('a.b'), ['f:a'])).toBe(false)
    expect(has(of('a.b'), [])).toBe(false)
  })

  it('union(), intersection() and difference() are those of the sets of paths', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const [pathsA, pathsB] = [new Set(printed(a)), new Set(printed(b))]
        expect(new Set(printed(union(a, b)))).toEqual(pathsA.union(pathsB))
        expect(new Set(printed(intersection(a, b)))).toEqual(pathsA.intersection(pathsB))
        expect(new Set(printed(difference(a, b)))).toEqual(pathsA.difference(pathsB))
      }),
    )
  })

  it('difference() and intersection() split a set in two', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        expect(equalSets(union(difference(a, b), intersection(a, b)), a)).toBe(true)
        expect(isEmpty(intersection(difference(a, b), b))).toBe(true)
      }),
    )
  })

  it('union() and difference() hand out the first set itself when nothing changes', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const all = union(a, b)
        expect(union(all, b)).toBe(all)
        const rest = difference(all, b)
        expect(difference(rest, b)).toBe(rest)
      }),
    )
  })
})

function words(text: string): string[] {
  return text.split(/\s+/)
}
