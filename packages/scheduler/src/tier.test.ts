// Tiers: overflow into the next, and the way back.
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight, replicasOf, roomFor } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot } from './snapshot.ts'

type Placement = ScheduleRequest['placement']
type Rooms = Readonly<Record<string, number>>

/** a and b are at home, c is the cloud, d the last resort. */
const tiers = [
  { affinityName: 'home', clusterNames: ['a', 'b'] },
  { affinityName: 'cloud', clusterNames: ['c'] },
  { affinityName: 'last', clusterNames: ['d'] },
]
const tiered = (placement: Placement): Placement => ({ ...placement, clusterAffinities: tiers })
const fleet = (rooms: Rooms, overrides: Readonly<Record<string, Partial<ClusterRow>>> = {}) =>
  createSnapshot(
    Object.entries(rooms).map(([name, pods]) => aClusterRow({ name, ...roomFor(pods), ...overrides[name] })),
  )

function decide(placement: Placement, replicas: number, rooms: Rooms, previous?: Decision): Decision {
  const request = aRequest({ placement: tiered(placement), replicas, ...(previous ? { previous } : {}) })
  return schedule({ ...request, isGrowthReady: true }, fleet(rooms), { trigger: 'Test' })
}

const table: readonly { name: string; placement: Placement; replicas: number; rooms: Rooms; want: Rooms }[] = [
  {
    name: 'uses the first tier alone while it has room',
    placement: byRoom,
    replicas: 6,
    rooms: { a: 4, b: 4, c: 90 },
    want: { a: 3, b: 3 },
  },
  {
    name: 'overflows into the next',
    placement: byRoom,
    replicas: 10,
    rooms: { a: 4, b: 4, c: 90 },
    want: { a: 4, b: 4, c: 2 },
  },
  {
    name: 'overflows tier by tier',
    placement: byRoom,
    replicas: 12,
    rooms: { a: 4, b: 4, c: 1, d: 9 },
    want: { a: 4, b: 4, c: 1, d: 3 },
  },
  {
    name: 'aggregates within tiers',
    placement: aggregated,
    replicas: 6,
    rooms: { a: 4, b: 5, c: 90 },
    want: { b: 5, a: 1 },
  },
  {
    name: 'weighs within tiers',
    placement: byWeight({ a: 2, b: 1, c: 90 }),
    replicas: 6,
    rooms: { a: 0, b: 0, c: 0 },
    want: { a: 4, b: 2 },
  },
  {
    name: 'duplicates on the first tier',
    placement: {},
    replicas: 2,
    rooms: { a: 0, b: 0, c: 0 },
    want: { a: 2, b: 2 },
  },
  {
    name: 'uses the next where the first has no cluster',
    placement: {},
    replicas: 2,
    rooms: { c: 0, d: 0 },
    want: { c: 2 },
  },
  {
    name: 'keeps a template of no replicas at home',
    placement: byRoom,
    replicas: 0,
    rooms: { a: 1, b: 1, c: 1 },
    want: { a: 0, b: 0 },
  },
]

describe('schedule() in tiers', () => {
  test.each(table)('$name', ({ placement, replicas, rooms, want }) => {
    expect(replicasOf(decide(placement, replicas, rooms))).toEqual(want)
  })

  test('says of a cluster that no tier selects what each asks for', () => {
    const { explanation } = decide(byRoom, 1, { a: 1, z: 9 })
    expect(explanation.clusters.at(-1)).toMatchObject({
      name: 'z',
      verdict: 'Rejected',
      reasons: [{ filter: 'ClusterAffinity', message: expect.stringMatching(/^home: .*; cloud: .*; last: .*not z/) }],
    })
  })

  test('takes away from the last tier first', () => {
    const grown = decide(byRoom, 10, { a: 4, b: 4, c: 90 })
    expect(replicasOf(decide(byRoom, 9, { a: 0, b: 0, c: 88 }, grown))).toEqual({ a: 4, b: 4, c: 1 })
  })

  test('goes back when the first tier has room for all that overflowed and a fifth more', () => {
    const grown = decide(byRoom, 18, { a: 4, b: 4, c: 90 })
    expect(replicasOf(grown)).toEqual({ a: 4, b: 4, c: 10 })
    const almost = decide(byRoom, 18, { a: 11, b: 0, c: 80 }, grown)
    expect(almost).toBe(grown)
    const moving = decide(byRoom, 18, { a: 12, b: 0, c: 80 }, grown)
    expect(moving.clusters).toMatchObject([
      { name: 'a', replicas: 14, from: 4 },
      { name: 'b', replicas: 4 },
      { name: 'c', replicas: 0, from: 10 },
    ])
    expect(replicasOf(decide(byRoom, 18, { a: 2, b: 0, c: 90 }, moving))).toEqual({ a: 14, b: 4 })
  })

  test('goes back when a cluster of the first tier is Ready again', () => {
    const placement = byWeight({ a: 1, c: 1 })
    const at = (ready: boolean, previous?: Decision) =>
      schedule(
        aRequest({ placement: tiered(placement), replicas: 4, isGrowthReady: true, ...(previous ? { previous } : {}) }),
        fleet({ a: 0, c: 0 }, { a: { ready } }),
        { trigger: 'Test' },
      )
    const away = at(false)
    expect(replicasOf(away)).toEqual({ c: 4 })
    expect(replicasOf(at(true, at(true, away)))).toEqual({ a: 4 })
  })
})

const names = ['a', 'b', 'c', 'd']
const anyRooms = fc.record(Object.fromEntries(names.map((name) => [name, fc.nat(9)])))
const anyMode = fc.constantFrom(byRoom, aggregated)
const countOf = (decision: Decision, name: string) =>
  decision.clusters.find((cluster) => cluster.name === name)?.replicas ?? 0

describe('properties of schedule() in tiers', () => {
  test('a tier is used only when those before it are full, and all are filled before anything goes short', () => {
    fc.assert(
      fc.property(anyMode, anyRooms, fc.nat(50), (placement, rooms, replicas) => {
        const decision = decide(placement, replicas, rooms)
        const isFull = (name: string) => countOf(decision, name) === rooms[name]
        if (countOf(decision, 'c') > 0) expect(['a', 'b'].every(isFull)).toBe(true)
        if (countOf(decision, 'd') > 0) expect(['a', 'b', 'c'].every(isFull)).toBe(true)
        if (decision.shortfall !== undefined) expect(names.every(isFull)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('what came back stays: deciding again with the room that is left moves nothing', () => {
    fc.assert(
      fc.property(anyMode, anyRooms, anyRooms, fc.nat(30), (placement, before, after, replicas) => {
        const first = decide(placement, replicas, before)
        const second = decide(placement, replicas, after, first)
        const grown = (name: string) => Math.max(0, countOf(second, name) - countOf(first, name))
        const left = Object.fromEntries(names.map((name) => [name, (after[name] ?? 0) - grown(name)]))
        const third = decide(placement, replicas, left, second)
        expect(replicasOf(third)).toEqual(
          Object.fromEntries(
            second.clusters
              .filter(({ replicas: count, from }) => count !== 0 || from === undefined)
              .map(({ name, replicas: count }) => [name, count]),
          ),
        )
      }),
      { numRuns: 1000 },
    )
  })
})
