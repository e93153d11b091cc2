// Tiers over failure domains: whole decisions, against every division that there is, and the way back.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight, replicasOf, roomFor } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot } from '../snapshot.ts'

type Placement = ScheduleRequest['placement']

interface Place {
  readonly region: string
  /** In all, what is held included. */
  readonly room: number
  readonly tier: number
  readonly isReady?: boolean
}
type Fleet = Readonly<Record<string, Place>>

const runs = { numRuns: 1000 }
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
const over = (...spreadConstraints: readonly SpreadConstraint[]) => ({ spreadConstraints })
const inRegions = (limits: object) => over({ spreadByField: 'region', ...limits })

function decide(fleet: Fleet, placement: Placement, replicas: number, previous?: Decision, isPinned = false): Decision {
  const held = new Map(previous?.clusters.map(({ name, replicas: count = 0 }) => [name, count]))
  const rows = Object.entries(fleet).map(([name, { region, room, isReady = true }]) =>
    aClusterRow({ name, region, ready: isReady, ...roomFor(Math.max(0, room - (held.get(name) ?? 0))) }),
  )
  const clusterAffinities = [0, 1, 2].map((tier) => ({
    affinityName: `tier-${tier}`,
    clusterNames: ['none', ...Object.keys(fleet).filter((name) => fleet[name]?.tier === tier)],
  }))
  const request = aRequest({ placement: { ...placement, clusterAffinities }, replicas, isGrowthReady: true, isPinned })
  return schedule({ ...request, ...(previous ? { previous } : {}) }, createSnapshot(rows), { trigger: 'Test' })
}

/** At home eu and us, in the cloud eu and ap. */
const home = (eu: number, us: number): Fleet => ({
  'cloud-ap': { region: 'ap', room: 50, tier: 1 },
  'cloud-eu': { region: 'eu', room: 50, tier: 1 },
  'home-eu': { region: 'eu', room: eu, tier: 0 },
  'home-us': { region: 'us', room: us, tier: 0 },
})

const table: readonly {
  name: string
  placement: Placement
  replicas: number
  fleet: Fleet
  want: Readonly<Record<string, number>>
}[] = [
  {
    name: 'stays in the first tier while constraints hold there',
    placement: { ...byRoom, ...inRegions({ minGroups: 2 }) },
    replicas: 6,
    fleet: home(8, 4),
    want: { 'home-eu': 4, 'home-us': 2 },
  },
  {
    name: 'goes to the next tier for a region that the first has not',
    placement: { ...byRoom, ...inRegions({ minGroups: 3 }) },
    replicas: 6,
    fleet: home(8, 4),
    want: { 'cloud-ap': 1, 'home-eu': 3, 'home-us': 2 },
  },
  {
    name: 'goes to the next tier with what a share of a region leaves without a place',
    placement: { ...byRoom, ...inRegions({ maxSharePercent: 40 }) },
    replicas: 10,
    fleet: home(20, 2),
    // At most 4 each: eu has 4 and us 2 at home, ap 4.
    want: { 'cloud-ap': 4, 'home-eu': 4, 'home-us': 2 },
  },
  {
    name: 'uses the region of which most is in the first tier, where one alone has room for all',
    placement: { ...byRoom, ...inRegions({ maxGroups: 1 }) },
    replicas: 10,
    fleet: home(7, 4),
    want: { 'cloud-eu': 3, 'home-eu': 7 },
  },
  {
    name: 'places all in a later tier rather than some in the first',
    placement: { ...byRoom, ...inRegions({ maxGroups: 1 }) },
    replicas: 10,
    fleet: { 'cloud-ap': { region: 'ap', room: 50, tier: 1 }, 'home-eu': { region: 'eu', room: 4, tier: 0 } },
    want: { 'cloud-ap': 10 },
  },
  {
    name: 'aggregates at home before fewer regions of the cloud',
    placement: { ...aggregated, ...inRegions({ maxGroups: 3 }) },
    replicas: 10,
    fleet: home(8, 4),
    want: { 'home-eu': 8, 'home-us': 2 },
  },
  {
    name: 'weighs within the first tier that holds the constraints',
    placement: {
      ...byWeight({ 'cloud-ap': 9, 'cloud-eu': 9, 'home-eu': 2, 'home-us': 1 }),
      ...inRegions({ maxGroups: 2 }),
    },
    replicas: 6,
    fleet: home(0, 0),
    want: { 'home-eu': 4, 'home-us': 2 },
  },
  {
    name: 'has copies in the first tier only where that has enough regions',
    placement: inRegions({ minGroups: 2 }),
    replicas: 2,
    fleet: home(9, 9),
    want: { 'home-eu': 2, 'home-us': 2 },
  },
  {
    name: 'has copies in the next tier too where the first has too few regions',
    placement: inRegions({ minGroups: 3 }),
    replicas: 2,
    fleet: home(9, 9),
    want: { 'cloud-ap': 2, 'cloud-eu': 2, 'home-eu': 2, 'home-us': 2 },
  },
]

describe('schedule() in tiers over domains', () => {
  test.each(table)('$name', ({ placement, replicas, fleet, want }) => {
    expect(replicasOf(decide(fleet, placement, replicas))).toEqual(want)
  })

  test('keeps in a later tier what a constraint wants there, and takes the rest back', () => {
    const placement = { ...byRoom, ...inRegions({ minGroups: 3 }) }
    const away = decide(home(2, 2), placement, 10)
    expect(replicasOf(away)).toEqual({ 'cloud-ap': 3, 'cloud-eu': 3, 'home-eu': 2, 'home-us': 2 })
    expect(decide(home(4, 3), placement, 10, away).clusters).toEqual(away.clusters)
    const back = decide(home(9, 9), placement, 10, away)
    const { 'cloud-ap': ap, 'cloud-eu': eu, ...rest } = replicasOf(back) as Readonly<Record<string, number>>
    expect({ ap, eu, home: sum(Object.values(rest)) }).toEqual({ ap: 1, eu: 0, home: 9 })
    expect(back.clusters.find(({ name }) => name === 'cloud-eu')).toMatchObject({ from: 3 })
  })

  test('takes back only with a fifth of room to spare', () => {
    const placement = { ...byRoom, ...inRegions({ maxGroups: 2 }) }
    const fleet = (room: number): Fleet => ({
      cloud: { region: 'us', room: 90, tier: 1 },
      home: { region: 'eu', room, tier: 0 },
    })
    const away = decide(fleet(5), placement, 15)
    expect(replicasOf(away)).toEqual({ cloud: 10, home: 5 })
    expect(decide(fleet(16), placement, 15, away).clusters).toEqual(away.clusters)
    expect(replicasOf(decide(fleet(17), placement, 15, away))).toEqual({ cloud: 0, home: 15 })
  })

  test('takes back in the decision that grows as well, where there is room for both', () => {
    const placement = { ...byRoom, ...inRegions({ minGroups: 2, maxGroups: 2, maxSharePercent: 40 }) }
    const fleet = (us: number, eu: number): Fleet => ({
      'cloud-eu': { region: 'eu', room: 1, tier: 1 },
      'home-eu': { region: 'eu', room: eu, tier: 0 },
      'home-us': { region: 'us', room: us, tier: 0 },
    })
    const away = decide(fleet(0, 0), placement, 2)
    expect(replicasOf(away)).toEqual({ 'cloud-eu': 1 })
    expect(replicasOf(decide(fleet(1, 2), placement, 2, away))).toEqual({ 'cloud-eu': 0, 'home-eu': 1, 'home-us': 1 })
  })

  test('takes nothing back of what is pinned', () => {
    const placement = { ...byRoom, ...inRegions({ maxGroups: 2 }) }
    const fleet = (room: number): Fleet => ({
      cloud: { region: 'us', room: 90, tier: 1 },
      home: { region: 'eu', room, tier: 0 },
    })
    const away = decide(fleet(5), placement, 15)
    expect(decide(fleet(50), placement, 15, away, true).clusters).toEqual(away.clusters)
  })

  test('leaves a region that was used while home could not be, and takes weights back at once', () => {
    const placement = { ...byWeight({ cloud: 1, home: 1 }), ...inRegions({ maxGroups: 1 }) }
    const fleet = (isReady: boolean): Fleet => ({
      cloud: { region: 'us', room: 0, tier: 1 },
      home: { region: 'eu', room: 0, tier: 0, isReady },
    })
    const away = decide(fleet(false), placement, 4)
    expect(replicasOf(away)).toEqual({ cloud: 4 })
    expect(replicasOf(decide(fleet(true), placement, 4, away))).toEqual({ cloud: 0, home: 4 })
  })
})

const anyFleet: fc.Arbitrary<Fleet> = fc
  .array(
    fc.record({
      region: fc.constantFrom('ap', 'eu', 'us'),
      room: fc.nat(6),
      tier: fc.constantFrom(0, 1, 2),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((places) => Object.fromEntries(places.map((place, at) => [`c${at}`, place])))

const anyConstraint: fc.Arbitrary<SpreadConstraint> = fc
  .record({
    spreadByField: fc.constantFrom('region' as const, 'cluster' as const),
    minGroups: fc.integer({ min: 1, max: 3 }),
    more: fc.nat(2),
    maxSharePercent: fc.constantFrom(40, 60, 100),
  })
  .map(({ more, ...rest }) => ({ ...rest, maxGroups: rest.minGroups + more }))

const byBoundedWeight = (fleet: Fleet): Placement => ({
  replicaScheduling: {
    replicaSchedulingType: 'Divided',
    weightPreference: {
      staticWeightList: Object.entries(fleet).map(([name, { room }], at) => ({
        targetCluster: { clusterNames: [name] },
        weight: 1 + ((at * 7) % 5),
        maxReplicas: room,
      })),
    },
  },
})
const anyMode = fc.constantFrom<(fleet: Fleet) => Placement>(
  () => byRoom,
  () => aggregated,
  byBoundedWeight,
)
const anyGiven = fc
  .record({ fleet: anyFleet, mode: anyMode, constraint: anyConstraint })
  .map(({ fleet, mode, constraint }) => ({ fleet, constraint, placement: { ...mode(fleet), ...over(constraint) } }))

const countsOf = (fleet: Fleet, { clusters }: Decision) =>
  Object.keys(fleet).map((name) => clusters.find((entry) => entry.name === name)?.replicas ?? 0)

/** Domains that go without, what has no place, the sum of tiers; undefined: it breaks the constraint. */
function valueOf(fleet: Fleet, constraint: SpreadConstraint, replicas: number, counts: readonly number[]) {
  const { spreadByField, minGroups = 1, maxGroups = Infinity, maxSharePercent = 100 } = constraint
  const totals = new Map<string, number>()
  let tiers = 0
  for (const [index, [name, { region, tier }]] of Object.entries(fleet).entries()) {
    const count = counts[index] ?? 0
    const key = spreadByField === 'region' ? region : name
    if (count > 0) totals.set(key, (totals.get(key) ?? 0) + count)
    tiers += count * tier
  }
  if (totals.size > maxGroups) return undefined
  if (Math.max(0, ...totals.values()) > Math.ceil((replicas * maxSharePercent) / 100)) return undefined
  return [Math.max(0, Math.min(minGroups, replicas) - totals.size), -sum(counts), tiers]
}

function* divisions(fleet: Fleet, most: number, counts: readonly number[] = []): Iterable<readonly number[]> {
  const place = Object.values(fleet)[counts.length]
  if (place === undefined) return yield counts
  for (let count = 0; count <= Math.min(place.room, most); count += 1) {
    yield* divisions(fleet, most - count, [...counts, count])
  }
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((number, index) => number !== other[index])
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
}

describe('properties of schedule() in tiers over domains', () => {
  test('holds the constraint, places most, then in the earliest tiers: equals brute force', () => {
    fc.assert(
      fc.property(anyGiven, fc.integer({ min: 1, max: 8 }), ({ fleet, constraint, placement }, replicas) => {
        const counts = countsOf(fleet, decide(fleet, placement, replicas))
        let best: readonly number[] | undefined
        for (const tried of divisions(fleet, replicas)) {
          const value = valueOf(fleet, constraint, replicas, tried)
          if (value && (best === undefined || compare(value, best) < 0)) best = value
        }
        expect(valueOf(fleet, constraint, replicas, counts)).toEqual(best)
      }),
      runs,
    )
  })

  test('what is decided stays, and what came back stays: deciding again moves nothing', () => {
    fc.assert(
      fc.property(
        anyGiven,
        fc.array(fc.nat(9), { maxLength: 6 }),
        fc.integer({ min: 1, max: 12 }),
        (given, rooms, replicas) => {
          const { fleet, placement } = given
          const first = decide(fleet, placement, replicas)
          expect(decide(fleet, placement, replicas, first).clusters).toEqual(first.clusters)
          const names = Object.keys(fleet)
          const freed = Object.fromEntries(
            Object.entries(fleet).map(([name, place]) => [
              name,
              { ...place, room: place.room + (rooms[names.indexOf(name)] ?? 0) },
            ]),
          )
          const back = decide(freed, placement, replicas, first)
          const settled = decide(freed, placement, replicas, back)
          expect(countsOf(fleet, settled)).toEqual(countsOf(fleet, back))
          expect(sum(countsOf(fleet, back))).toBeGreaterThanOrEqual(sum(countsOf(fleet, first)))
        },
      ),
      runs,
    )
  })

  test('one more replica takes none from anybody, but for what returns to an earlier tier', () => {
    fc.assert(
      fc.property(anyFleet, anyConstraint, fc.integer({ min: 1, max: 12 }), (fleet, constraint, replicas) => {
        const placement = { ...byRoom, ...over(constraint) }
        const first = decide(fleet, placement, replicas)
        const before = countsOf(fleet, first)
        const after = countsOf(fleet, decide(fleet, placement, replicas + 1, first))
        const tiers = Object.values(fleet).map(({ tier }) => tier)
        const earlier = (tier: number, counts: readonly number[]) =>
          sum(counts.filter((_, at) => (tiers[at] ?? 0) < tier))
        for (const [at, count] of before.entries()) {
          if ((after[at] ?? 0) >= count) continue
          expect(earlier(tiers[at] ?? 0, after)).toBeGreaterThan(earlier(tiers[at] ?? 0, before))
        }
        expect(sum(after)).toBeGreaterThanOrEqual(sum(before))
      }),
      runs,
    )
  })

  test('shuffled clusters give identical bytes', () => {
    fc.assert(
      fc.property(anyGiven, fc.integer({ min: 1, max: 12 }), ({ fleet, placement }, replicas) => {
        const reversed = Object.fromEntries(Object.entries(fleet).toReversed())
        const { clusters } = decide(reversed, placement, replicas)
        expect(JSON.stringify(clusters)).toBe(JSON.stringify(decide(fleet, placement, replicas).clusters))
      }),
      runs,
    )
  })
})
