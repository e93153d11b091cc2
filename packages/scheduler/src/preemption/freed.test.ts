// Room that others leave, against whatever pods the member takes away.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aHost, askingCpu, type NodeSketch } from './fixtures.ts'
import { countTenants, prepareRoom } from './freed.ts'

const sizes = { a: 1, b: 2, c: 3 } as const
const keys = Object.keys(sizes) as (keyof typeof sizes)[]
const someNodes = fc.array(
  fc.record({
    free: fc.integer({ min: 0, max: 3 }),
    slots: fc.integer({ min: 0, max: 3 }),
    tenants: fc.record({
      a: fc.array(fc.constant(sizes.a), { maxLength: 3 }),
      b: fc.array(fc.constant(sizes.b), { maxLength: 2 }),
      c: fc.array(fc.constant(sizes.c), { maxLength: 2 }),
    }),
    pool: fc.constantFrom('any', 'other'),
  }),
  { minLength: 1, maxLength: 3 },
)
const someShares = fc.record({ a: fc.integer({ min: 0, max: 9 }), b: fc.nat(9), c: fc.nat(9) })

/** Pods that fit when those leave. */
function fitWithout(nodes: readonly NodeSketch[], gone: readonly { node: number; cpu: number }[], cpu: number): number {
  return nodes.reduce((sum, { free, slots, pool }, node) => {
    const left = gone.filter((each) => each.node === node)
    const room = free + left.reduce((total, each) => total + each.cpu, 0)
    return sum + (pool === 'any' ? Math.min(Math.floor(room / cpu), slots + left.length) : 0)
  }, 0)
}

/** Every choice of so many of the nodes that pods of one workload run on. */
function choices(on: readonly number[], count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]]
  return on.flatMap((node, index) => choices(on.slice(index + 1), count - 1).map((rest) => [node, ...rest]))
}

/** The least room that any choice leaves. */
function worst(nodes: readonly NodeSketch[], ceded: ReadonlyMap<string, number>, cpu: number): number {
  let all: readonly { node: number; cpu: number }[][] = [[]]
  for (const key of keys) {
    const on = nodes.flatMap(({ tenants }, node) => (tenants[key] ?? []).map(() => node))
    const chosen = new Map(choices(on, ceded.get(key) ?? 0).map((each) => [each.join(), each]))
    all = all.flatMap((before) =>
      [...chosen.values()].map((each) => [...before, ...each.map((node) => ({ node, cpu: sizes[key] }))]),
    )
  }
  return Math.min(...all.map((gone) => fitWithout(nodes, gone, cpu)))
}

const inPool = (cpu: number) => ({ ...askingCpu(cpu), nodeClaim: { nodeSelector: { pool: 'any' } } })

/** No more than there are. */
function cededOf(nodes: readonly NodeSketch[], shares: Readonly<Record<string, number>>): Map<string, number> {
  const all = countTenants(nodes.map(aHost))
  return new Map(
    keys.flatMap((key) => ((all.get(key) ?? 0) > 0 ? [[key, (shares[key] ?? 0) % ((all.get(key) ?? 0) + 1)]] : [])),
  )
}

describe('prepareRoom()', () => {
  test('never finds more than is free whichever pods leave', () => {
    fc.assert(
      fc.property(someNodes, someShares, fc.integer({ min: 1, max: 4 }), (nodes, shares, cpu) => {
        const ceded = cededOf(nodes, shares)
        const found = prepareRoom(nodes.map(aHost), inPool(cpu))(ceded)
        expect(found).toBeLessThanOrEqual(worst(nodes, ceded, cpu))
      }),
      { numRuns: 1000 },
    )
  })

  test('is exact where whole workloads leave', () => {
    fc.assert(
      fc.property(someNodes, fc.subarray(keys), fc.integer({ min: 1, max: 4 }), (nodes, leaving, cpu) => {
        const all = countTenants(nodes.map(aHost))
        const ceded = new Map(leaving.flatMap((key) => (all.has(key) ? [[key, all.get(key) ?? 0]] : [])))
        expect(prepareRoom(nodes.map(aHost), inPool(cpu))(ceded)).toBe(worst(nodes, ceded, cpu))
      }),
      { numRuns: 1000 },
    )
  })

  test('never finds less when more is given up', () => {
    fc.assert(
      fc.property(
        someNodes,
        someShares,
        fc.constantFrom(...keys),
        fc.integer({ min: 1, max: 4 }),
        (nodes, shares, key, cpu) => {
          const ceded = cededOf(nodes, shares)
          const most = countTenants(nodes.map(aHost)).get(key) ?? 0
          const more = new Map(ceded).set(key, Math.min(most, (ceded.get(key) ?? 0) + 1))
          const roomAfter = prepareRoom(nodes.map(aHost), inPool(cpu))
          expect(roomAfter(more)).toBeGreaterThanOrEqual(roomAfter(ceded))
        },
      ),
      { numRuns: 1000 },
    )
  })

  test.each([
    {
      name: 'finds no place in two halves on two nodes',
      nodes: [
        { free: 0, slots: 9, tenants: { a: [1, 1] } },
        { free: 0, slots: 9, tenants: { a: [1, 1] } },
      ],
      ceded: { a: 2 },
      cpu: 2,
      want: 0,
    },
    {
      name: 'finds both halves where all of it leaves',
      nodes: [
        { free: 0, slots: 9, tenants: { a: [1, 1] } },
        { free: 0, slots: 9, tenants: { a: [1] } },
      ],
      ceded: { a: 3 },
      cpu: 2,
      want: 1,
    },
    {
      name: 'finds several in the room of one',
      nodes: [
        { free: 0, slots: 9, tenants: { c: [3] } },
        { free: 0, slots: 9, tenants: { c: [3] } },
      ],
      ceded: { c: 1 },
      cpu: 1,
      want: 3,
    },
    {
      name: 'finds one for each where pod slots run out',
      nodes: [
        { free: 0, slots: 0, tenants: { c: [3] } },
        { free: 0, slots: 0, tenants: { c: [3] } },
      ],
      ceded: { c: 1 },
      cpu: 1,
      want: 1,
    },
    {
      name: 'finds nothing on nodes that it may not run on',
      nodes: [
        { free: 0, slots: 9, pool: 'other', tenants: { b: [2] } },
        { free: 0, slots: 9, tenants: { b: [2] } },
      ],
      ceded: { b: 1 },
      cpu: 2,
      want: 0,
    },
  ])('$name', ({ nodes, ceded, cpu, want }) => {
    expect(prepareRoom(nodes.map(aHost), inPool(cpu))(new Map(Object.entries(ceded)))).toBe(want)
  })
})
