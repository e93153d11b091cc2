// Strategic merge patches worked by hand. What kube-apiserver makes of them: apply.fixtures.test.ts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from './json-value.ts'
import type { KindSchema } from './schema.ts'
import { applyStrategicMergePatch } from './strategic-merge-patch.ts'
import { arbitrarySpec, widgetSchema } from './test/widget.ts'

/** The schema of a widget's spec alone. */
const schema: KindSchema = { root: widgetSchema.root.properties?.['spec'] ?? {}, resolve: widgetSchema.resolve }

interface Case {
  readonly name: string
  readonly given: JsonObject
  readonly patch: JsonObject
  readonly want: JsonObject
}

const [one, two, three] = [{ port: 1 }, { port: 2 }, { port: 3 }]

const maps: readonly Case[] = [
  { name: 'sets fields', given: { size: 1 }, patch: { size: 2, args: ['x'] }, want: { size: 2, args: ['x'] } },
  { name: 'removes a field by null', given: { size: 1, args: [] }, patch: { size: null }, want: { args: [] } },
  { name: 'ignores a null for nothing', given: {}, patch: { size: null }, want: {} },
  { name: 'drops nulls of what it adds', given: {}, patch: { free: { a: null, b: 1 } }, want: { free: { b: 1 } } },
  { name: 'merges maps', given: { free: { a: 1 } }, patch: { free: { b: 2 } }, want: { free: { a: 1, b: 2 } } },
  {
    name: 'replaces a map',
    given: { free: { a: 1 } },
    patch: { free: { $patch: 'replace', b: 2 } },
    want: { free: { b: 2 } },
  },
  { name: 'empties a map', given: { free: { a: 1 } }, patch: { free: { $patch: 'delete' } }, want: { free: {} } },
  {
    name: 'retains the keys listed',
    given: { free: { a: 1, b: 2, c: 3 } },
    patch: { free: { $retainKeys: ['a', 'd'], d: 4 } },
    want: { free: { a: 1, d: 4 } },
  },
  {
    name: 'takes the patch where types differ',
    given: { free: [1] },
    patch: { free: { a: 1 } },
    want: { free: { a: 1 } },
  },
]

const lists: readonly Case[] = [
  { name: 'replaces an atomic list', given: { args: ['x', 'y'] }, patch: { args: ['z'] }, want: { args: ['z'] } },
  {
    name: 'adds to a list of primitives',
    given: { names: ['a', 'b'] },
    patch: { names: ['b', 'c'] },
    want: { names: ['a', 'b', 'c'] },
  },
  {
    name: 'deletes from a list of primitives, and adds before the items that it does not know',
    given: { names: ['a', 'b', 'c'] },
    patch: { '$deleteFromPrimitiveList/names': ['a', 'z'], names: ['d'] },
    want: { names: ['d', 'b', 'c'] },
  },
  {
    name: 'orders a list of primitives',
    given: { names: ['a', 'b', 'c'] },
    patch: { '$setElementOrder/names': ['c', 'a', 'd'], names: ['d'] },
    want: { names: ['b', 'c', 'a', 'd'] },
  },
  {
    name: 'merges items by key',
    given: { ports: [{ port: 1, name: 'x' }, two] },
    patch: { ports: [{ port: 2, name: 'y' }, three] },
    want: { ports: [{ port: 1, name: 'x' }, { port: 2, name: 'y' }, three] },
  },
  {
    name: 'deletes items by key',
    given: { ports: [one, two, three] },
    patch: { ports: [{ port: 2, $patch: 'delete' }] },
    want: { ports: [one, three] },
  },
  {
    name: 'replaces a whole list',
    given: { ports: [one, two] },
    patch: { ports: [{ $patch: 'replace' }, three] },
    want: { ports: [three] },
  },
  {
    name: 'orders items',
    given: { ports: [one, two, three] },
    patch: { '$setElementOrder/ports': [three, one] },
    want: { ports: [two, three, one] },
  },
  {
    name: 'keeps an item that the order does not know before what was behind it',
    given: { names: ['a', 'b', 'c'] },
    patch: { '$setElementOrder/names': ['a', 'c', 'd'], names: ['d'] },
    want: { names: ['a', 'b', 'c', 'd'] },
  },
  {
    name: 'makes a list without its directives',
    given: {},
    patch: { ports: [one, { port: 2, $patch: 'delete' }], '$setElementOrder/ports': [one] },
    want: { ports: [one] },
  },
]

describe('applyStrategicMergePatch()', () => {
  it.each([...maps, ...lists])('applyStrategicMergePatch() $name', ({ given, patch, want }) => {
    const before = JSON.stringify([given, patch])
    expect(applyStrategicMergePatch(given, patch, schema)).toEqual(want)
    expect(JSON.stringify([given, patch])).toBe(before)
  })

  it.each([
    { name: 'an item without its key', given: { ports: [one] }, patch: { ports: [{ name: 'x' }] } },
    { name: 'an unknown directive of a map', given: { free: {} }, patch: { free: { $patch: 'explode' } } },
    {
      name: 'an unknown directive of an item',
      given: { ports: [one] },
      patch: { ports: [{ port: 1, $patch: 'merge' }] },
    },
    { name: 'a key not retained', given: { free: {} }, patch: { free: { $retainKeys: ['a'], b: 1 } } },
    { name: 'retained keys that are no list', given: { free: {} }, patch: { free: { $retainKeys: 'a' } } },
    {
      name: 'an order that the patch contradicts',
      given: { ports: [one] },
      patch: { '$setElementOrder/ports': [one, two], ports: [two, one] },
    },
  ])('applyStrategicMergePatch() throws for $name', ({ given, patch }) => {
    const words = /Cannot apply the strategic merge patch|does not contain declared merge key|unknown patch type/
    expect(() => applyStrategicMergePatch(given, patch, schema)).toThrow(words)
  })

  it('applyStrategicMergePatch() of an object on itself changes nothing', () => {
    // Strategic merge knows ports by one key only.
    const specs = arbitrarySpec.filter(({ ports = [] }) => new Set(ports.map(({ port }) => port)).size === ports.length)
    fc.assert(
      fc.property(specs, (spec) => {
        expect(applyStrategicMergePatch(spec, spec, schema)).toEqual(spec)
      }),
    )
  })

  it('applyStrategicMergePatch() with everything replaced gives the patch', () => {
    fc.assert(
      fc.property(arbitrarySpec, arbitrarySpec, (given, patch) => {
        expect(applyStrategicMergePatch(given, { ...patch, $patch: 'replace' }, schema)).toEqual(patch)
      }),
    )
  })
})
