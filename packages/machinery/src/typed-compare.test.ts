// Which fields differ between two objects, worked by hand.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printPath } from './apply-conflict.ts'
import { pathsOf } from './field-set.ts'
import { aWidget, arbitrarySpec, widgetSchema } from './test/widget.ts'
import { compareFields } from './typed-compare.ts'
import { fieldSetOf } from './typed-fields.ts'

function changesBetween(before: object, after: object): Record<string, readonly string[]> {
  const changes = compareFields(aWidget(before), aWidget(after), widgetSchema)
  const printed = Object.entries({ added: changes.added, modified: changes.modified, removed: changes.removed }).map(
    ([kind, set]) => [kind, [...pathsOf(set)].map((path) => printPath(path.slice(1)))] as const,
  )
  return Object.fromEntries(printed.filter(([, paths]) => paths.length > 0))
}

const once = { port: 1, protocol: 'TCP' }
const twice = [once, { ...once, name: 'x' }]

const cases: readonly { name: string; before: object; after: object; want: Record<string, readonly string[]> }[] = [
  { name: 'finds nothing in equals', before: { size: 1, args: ['x'] }, after: { size: 1, args: ['x'] }, want: {} },
  { name: 'finds a leaf', before: { size: 1 }, after: { size: 2 }, want: { modified: ['.size'] } },
  {
    name: 'finds an atomic list whole',
    before: { args: ['x'] },
    after: { args: ['y'] },
    want: { modified: ['.args'] },
  },
  {
    name: 'finds an atomic map whole',
    before: { whole: { a: '1' } },
    after: { whole: { b: '1' } },
    want: { modified: ['.whole'] },
  },
  {
    name: 'finds the keys of a granular map',
    before: { granular: { a: '1', b: '1' } },
    after: { granular: { b: '2', c: '1' } },
    want: { added: ['.granular.c'], modified: ['.granular.b'], removed: ['.granular.a'] },
  },
  {
    name: 'finds a list that is new with its items',
    before: {},
    after: { names: ['a'] },
    want: { added: ['.names', '.names[="a"]'] },
  },
  {
    name: 'finds a list that became empty',
    before: { names: ['a'] },
    after: { names: [] },
    want: { removed: ['.names[="a"]'] },
  },
  { name: 'does not see the order of a set', before: { names: ['a', 'b'] }, after: { names: ['b', 'a'] }, want: {} },
  {
    name: 'finds items by key, an absent key field counting as its default',
    before: { ports: [{ port: 1, name: 'x' }] },
    after: { ports: [{ port: 1, protocol: 'TCP', name: 'y' }] },
    want: { added: ['.ports[port=1,protocol="TCP"].protocol'], modified: ['.ports[port=1,protocol="TCP"].name'] },
  },
  {
    name: 'finds both shapes of a value that changed its shape',
    before: { free: { a: { b: 1 } } },
    after: { free: { a: 'x' } },
    want: { modified: ['.free.a'], removed: ['.free.a.b'] },
  },
  {
    name: 'takes items of one key as one when there are several',
    before: { ports: twice },
    after: { ports: twice.toReversed() },
    want: { modified: ['.ports[port=1,protocol="TCP"]'] },
  },
  {
    name: 'finds that items of one key became one',
    before: { ports: twice },
    after: { ports: [once] },
    want: {
      added: [
        '.ports[port=1,protocol="TCP"]',
        '.ports[port=1,protocol="TCP"].port',
        '.ports[port=1,protocol="TCP"].protocol',
      ],
      removed: ['.ports[port=1,protocol="TCP"]'],
    },
  },
  {
    name: 'finds that an item became several of one key',
    before: { ports: [once] },
    after: { ports: twice },
    want: {
      added: ['.ports[port=1,protocol="TCP"]'],
      removed: [
        '.ports[port=1,protocol="TCP"]',
        '.ports[port=1,protocol="TCP"].port',
        '.ports[port=1,protocol="TCP"].protocol',
      ],
    },
  },
]

describe('compareFields()', () => {
  it.each(cases)('compareFields() $name', ({ before, after, want }) => {
    expect(changesBetween(before, after)).toEqual(want)
  })

  it('compareFields() finds added one way what it finds removed the other way', () => {
    fc.assert(
      fc.property(arbitrarySpec, arbitrarySpec, (a, b) => {
        const [there, back] = [changesBetween(a, b), changesBetween(b, a)]
        expect([there['added'], there['modified']]).toEqual([back['removed'], back['modified']])
      }),
    )
  })
})

describe('fieldSetOf()', () => {
  const paths = (spec: object) => [...pathsOf(fieldSetOf(aWidget(spec), widgetSchema))].map(printPath)
  const common = ['.apiVersion', '.kind', '.metadata.name']
  const sets: readonly { name: string; given: object; want: readonly string[] }[] = [
    { name: 'has leaves', given: { size: 1, args: ['x'] }, want: ['.spec.args', '.spec.size'] },
    { name: 'has an empty map as a leaf', given: { granular: {} }, want: ['.spec.granular'] },
    { name: 'has a null as a leaf', given: { names: null }, want: ['.spec.names'] },
    { name: 'has no empty list that is merged', given: { size: 1, names: [] }, want: ['.spec.size'] },
    { name: 'has keys of maps', given: { granular: { a: '1' } }, want: ['.spec.granular.a'] },
    {
      name: 'has items with their fields',
      given: { ports: [{ port: 1 }] },
      want: ['.spec.ports[port=1,protocol="TCP"]', '.spec.ports[port=1,protocol="TCP"].port'],
    },
    { name: 'has items of one key once', given: { ports: twice }, want: ['.spec.ports[port=1,protocol="TCP"]'] },
    {
      name: 'has unknown maps by key and unknown lists whole',
      given: { free: { a: { b: [{ c: 1 }] } } },
      want: ['.spec.free.a', '.spec.free.a.b'],
    },
  ]
  it.each(sets)('fieldSetOf() $name', ({ given, want }) => {
    expect(paths(given).filter((path) => !common.includes(path))).toEqual(want)
  })
})
