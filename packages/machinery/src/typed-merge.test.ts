// Merging an applied value: the order of lists, and what is kept as it is.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { typeOfKind } from './field-type.ts'
import { mergeValues } from './typed-merge.ts'
import { aWidget, arbitrarySpec, widgetSchema } from './test/widget.ts'

const type = typeOfKind(widgetSchema)

function mergeSpecs(live: object, applied: object): unknown {
  return (mergeValues({ spec: live }, { spec: applied }, type) as { spec: unknown }).spec
}

describe('mergeValues()', () => {
  const orders: readonly { name: string; live: string; applied: string; want: string }[] = [
    { name: 'appends what is new', live: 'ab', applied: 'c', want: 'abc' },
    { name: 'keeps the live order where the applied one agrees', live: 'abc', applied: 'ac', want: 'abc' },
    { name: 'follows the applied order', live: 'abc', applied: 'ca', want: 'bca' },
    { name: 'puts a new item where the applied list has it', live: 'ac', applied: 'abc', want: 'abc' },
    { name: 'keeps a live item behind its neighbour', live: 'axb', applied: 'abc', want: 'axbc' },
    { name: 'turns a list around', live: 'abcd', applied: 'dcba', want: 'dcba' },
    { name: 'keeps items at both ends', live: 'xaby', applied: 'ba', want: 'xbya' },
  ]
  it.each(orders)('mergeValues() $name', ({ live, applied, want }) => {
    const specOf = (names: string) => ({ names: names.split('') })
    expect(mergeSpecs(specOf(live), specOf(applied))).toEqual(specOf(want))
  })

  it('mergeValues() merges items by key, an absent key field counting as its default', () => {
    const live = { ports: [{ port: 1, protocol: 'TCP', name: 'x' }] }
    expect(mergeSpecs(live, { ports: [{ port: 1 }] })).toEqual(live)
    expect(mergeSpecs(live, { ports: [{ port: 1, protocol: 'UDP' }] })).toEqual({
      ports: [...live.ports, { port: 1, protocol: 'UDP' }],
    })
  })

  it('mergeValues() replaces atomic lists and maps', () => {
    expect(mergeSpecs({ args: ['x'], whole: { a: '1' } }, { args: ['y'], whole: { b: '1' } })).toEqual({
      args: ['y'],
      whole: { b: '1' },
    })
  })

  it('mergeValues() hands out the live value itself when nothing changes', () => {
    fc.assert(
      fc.property(arbitrarySpec, (spec) => {
        const live = aWidget(spec)
        expect(mergeValues(live, structuredClone(live), type)).toBe(live)
      }),
    )
  })

  it('mergeValues() has every item of both lists once', () => {
    const names = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'])
    fc.assert(
      fc.property(names, names, (live, applied) => {
        const merged = (mergeSpecs({ names: live }, { names: applied }) as { names: string[] }).names
        expect(merged.toSorted()).toEqual([...new Set([...live, ...applied])].sort())
        expect(merged.filter((name) => applied.includes(name))).toEqual(applied)
      }),
    )
  })

  it('mergeValues() keeps a field called __proto__ a field', () => {
    const applied = JSON.parse('{"free":{"__proto__":{"x":1}}}') as object
    const merged = mergeSpecs({ free: { a: 1 } }, applied) as { free: object }
    expect(Object.keys(merged.free)).toEqual(['a', '__proto__'])
    expect(Object.getPrototypeOf(merged.free)).toBe(Object.prototype)
  })
})
