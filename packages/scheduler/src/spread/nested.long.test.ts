// Several spread constraints at once, whole decisions: against every division that there is, and over time.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight, replicasOf, roomFor } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { type ClusterRow, createSnapshot } from '../snapshot.ts'

type Placement = ScheduleRequest['placement']

interface Place {
  readonly name: string
  readonly region: string
  readonly pods: number
}

const runs = { numRuns: 1000 }
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
/** Two providers: of eu and us, and of ap. */
const providers: Readonly<Record<string, string>> = { eu: 'p', us: 'p', ap: 'q' }

const anyFleet: fc.Arbitrary<readonly Place[]> = fc
  .array(fc.record({ region: fc.constantFrom('eu', 'eu', 'us', 'ap'), pods: fc.nat(6) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((places) => places.map((place, index) => ({ ...place, name: 'abcdef'[index] ?? '' })))

const anyLimits = fc.record(
  {
    minGroups: fc.integer({ min: 1, max: 4 }),
    maxGroups: fc.integer({ min: 1, max: 4 }),
    maxSharePercent: fc.integer({ min: 20, max: 100 }),
  },
  { requiredKeys: [] },
)
/** Shuffled; one of them may keep a skew. */
const anyConstraints: fc.Arbitrary<readonly SpreadConstraint[]> = fc
  .record({
    fields: fc.shuffledSubarray(['provider', 'region', 'cluster'] as const, { minLength: 1 }),
    limits: fc.tuple(anyLimits, anyLimits, anyLimits),
    skewed: fc.nat(5),
    maxSkew: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ fields, limits, skewed, maxSkew }) =>
    fields.map((spreadByField, at) => ({ spreadByField, ...limits[at], ...(at === skewed ? { maxSkew } : {}) })),
  )
/** Weights by name, each with its room for a bound, and with minima of up to `most`. */
const byBoundedWeight = (fleet: readonly Place[], most = 0): Placement => ({
  replicaScheduling: {
    replicaSchedulingType: 'Divided',
    weightPreference: {
      staticWeightList: fleet.map(({ name, pods }, index) => ({
        targetCluster: { clusterNames: [name] },
        weight: 1 + ((index * 7) % 5),
        maxReplicas: pods,
        minReplicas: Math.min(pods, (index * 2) % (most + 1)),
      })),
    },
  },
})
const anyDivision = fc.constantFrom<(fleet: readonly Place[]) => Placement>(
  () => byRoom,
  () => aggregated,
  (fleet) => byBoundedWeight(fleet),
)

interface Given {
  readonly fleet: readonly Place[]
  readonly constraints: readonly SpreadConstraint[]
  readonly placement: Placement
}

const anyGiven: fc.Arbitrary<Given> = fc
  .tuple(anyFleet, anyConstraints, anyDivision)
  .map(([fleet, constraints, division]) => {
    const base = division(fleet)
    const spreadConstraints = base === aggregated ? constraints.map(({ maxSkew: _, ...rest }) => rest) : constraints
    return { fleet, constraints: spreadConstraints, placement: { ...base, spreadConstraints } }
  })

/** With what `previous` left there taken from rooms. */
function decide({ fleet, placement }: Given, replicas: number, previous?: Decision): Decision {
  const held = new Map(previous?.clusters.map(({ name, replicas: count = 0 }) => [name, count]))
  const rows = fleet.map(({ name, region, pods }): ClusterRow =>
    aClusterRow({ name, region, provider: providers[region] ?? '', ...roomFor(pods - (held.get(name) ?? 0)) }),
  )
  const request = aRequest({ placement, replicas, isGrowthReady: true, ...(previous ? { previous } : {}) })
  return schedule(request, createSnapshot(rows), { trigger: 'Test' })
}

const countsOf = ({ fleet }: Given, { clusters }: Decision): readonly number[] =>
  fleet.map(({ name }) => clusters.find((cluster) => cluster.name === name)?.replicas ?? 0)

function domainCounts(
  { fleet }: Given,
  { spreadByField }: SpreadConstraint,
  counts: readonly number[],
): readonly number[] {
  const totals = new Map<string, number>()
  for (const [index, { name, region }] of fleet.entries()) {
    const key = { cluster: name, region, provider: providers[region] ?? '', zone: '' }[spreadByField ?? 'zone']
    totals.set(key, (totals.get(key) ?? 0) + (counts[index] ?? 0))
  }
  return [...totals.values()].filter((total) => total > 0)
}

/** Undefined: breaks a constraint. Else how many domains go without that are to have a replica. */
function unmetBy(given: Given, replicas: number, counts: readonly number[]): number | undefined {
  let unmet = 0
  for (const constraint of given.constraints) {
    const { minGroups = 1, maxGroups = 9, maxSharePercent = 100, maxSkew = 99 } = constraint
    const totals = domainCounts(given, constraint, counts)
    if (totals.length > maxGroups) return undefined
    if (Math.max(0, ...totals) > Math.ceil((replicas * maxSharePercent) / 100)) return undefined
    if (totals.length > 0 && Math.max(...totals) - Math.min(...totals) > maxSkew) return undefined
    unmet += Math.max(0, Math.min(minGroups, replicas) - totals.length)
  }
  return unmet
}

interface Best {
  unmet: number
  placed: number
}

/** The fewest unmet, and of those the most placed, of all ways to divide at most `replicas`, or of some. */
function bestOf(given: Given, replicas: number, isOneOf: (counts: readonly number[]) => boolean = () => true): Best {
  const best: Best = { unmet: Infinity, placed: 0 }
  const visit = (counts: readonly number[], left: number): void => {
    const place = given.fleet[counts.length]
    if (place !== undefined) {
      for (let count = 0; count <= Math.min(place.pods, left); count += 1) visit([...counts, count], left - count)
      return
    }
    if (!isOneOf(counts)) return
    const unmet = unmetBy(given, replicas, counts) ?? Infinity
    const placed = replicas - left
    if (unmet < best.unmet || (unmet === best.unmet && placed > best.placed)) Object.assign(best, { unmet, placed })
  }
  visit([], replicas)
  return best
}

/** Static weights know nothing of what is held: as shares round up to a replica more, they may divide otherwise. */
const isByWeightAndShare = ({ constraints, placement }: Given): boolean =>
  placement.replicaScheduling?.weightPreference?.staticWeightList !== undefined &&
  constraints.some(({ maxSharePercent }) => maxSharePercent !== undefined)

/** One replica more at a time. */
function stepwise(given: Given, replicas: number): Decision {
  return replicas === 1 ? decide(given, 1) : decide(given, replicas, stepwise(given, replicas - 1))
}

const of = (places: Readonly<Record<string, readonly [region: string, pods: number]>>): readonly Place[] =>
  Object.entries(places).map(([name, [region, pods]]) => ({ name, region, pods }))
/** Three clusters in eu, two in us, one in ap. */
const world = of({ a: ['eu', 10], b: ['eu', 8], c: ['eu', 6], d: ['us', 9], e: ['us', 3], f: ['ap', 20] })
/** Over regions, and over clusters. */
const two = (region: object, cluster: object): readonly SpreadConstraint[] => [
  { spreadByField: 'region', ...region },
  { spreadByField: 'cluster', ...cluster },
]

interface Row {
  readonly name: string
  readonly placement?: Placement
  readonly constraints: readonly SpreadConstraint[]
  readonly fleet?: readonly Place[]
  readonly replicas: number
  readonly want: Readonly<Record<string, number>>
  readonly message?: string
}

const table: readonly Row[] = [
  {
    name: 'takes two regions and four clusters in them, those of most room together, and divides by that',
    constraints: two({ minGroups: 2, maxGroups: 2 }, { minGroups: 2, maxGroups: 4 }),
    replicas: 12,
    // 12 / 44 per room: 2.7, 2.2, 1.6 and 5.5.
    want: { a: 3, b: 2, c: 2, f: 5 },
  },
  {
    name: 'chooses the region of which so many clusters have room, not the one that has more in all',
    constraints: two({ maxGroups: 1 }, { maxGroups: 2 }),
    fleet: of({ a: ['eu', 3], b: ['eu', 3], c: ['eu', 3], d: ['eu', 3], e: ['us', 5], f: ['us', 5] }),
    replicas: 10,
    want: { e: 5, f: 5 },
  },
  {
    name: 'chooses the region that has so many clusters',
    constraints: two({ maxGroups: 1 }, { minGroups: 2 }),
    fleet: of({ a: ['eu', 90], b: ['us', 4], c: ['us', 4] }),
    replicas: 4,
    want: { b: 2, c: 2 },
  },
  {
    name: 'gives one to so many regions and to so many clusters',
    placement: byWeight({ a: 100, b: 1, d: 1 }),
    constraints: two({ minGroups: 2 }, { minGroups: 3 }),
    replicas: 5,
    want: { a: 3, b: 1, d: 1 },
  },
  {
    name: 'holds regions and clusters at their shares, whatever the order of the constraints',
    placement: byWeight({ a: 9, b: 1, d: 3, e: 2 }),
    constraints: two({ maxSharePercent: 60 }, { maxSharePercent: 30 }).toReversed(),
    replicas: 10,
    // a is held at 3; of the other 7, by 1 : 3 : 2, d is held at 3.
    want: { a: 3, b: 1, d: 3, e: 3 },
  },
  {
    name: 'keeps regions within a skew of each other on the clusters that may be used',
    placement: byWeight({ a: 5, b: 4, d: 3, e: 1 }),
    constraints: two({ maxSkew: 1 }, { maxGroups: 3 }),
    replicas: 9,
    want: { a: 3, b: 2, d: 4 },
  },
  {
    name: 'divides evenly in the way that lets most clusters have one',
    placement: byWeight({ d: 4, a: 1, b: 1, c: 1 }),
    constraints: two({ maxSkew: 2 }, { minGroups: 4 }),
    replicas: 4,
    // By weight d would have 2, and 2 of a, b and c one each: as even, but on three clusters.
    want: { a: 1, b: 1, c: 1, d: 1 },
  },
  {
    name: 'Aggregated: fills the fewest regions of which so many clusters have room',
    placement: aggregated,
    constraints: two({}, { maxGroups: 2 }),
    fleet: of({ a: ['eu', 4], b: ['eu', 4], c: ['eu', 4], d: ['us', 7], e: ['us', 2] }),
    replicas: 9,
    want: { d: 7, e: 2 },
  },
  {
    name: 'Duplicated: copies to clusters of the region that has enough of them',
    placement: {},
    constraints: two({ maxGroups: 1 }, { minGroups: 3, maxGroups: 3 }),
    replicas: 2,
    want: { a: 2, b: 2, c: 2 },
  },
  {
    name: 'leaves out a cluster that could not have one, and that would keep others small',
    constraints: two({ maxSharePercent: 26 }, { minGroups: 4, maxSkew: 1 }),
    fleet: of({ a: ['eu', 1], b: ['eu', 1], c: ['eu', 1], d: ['ap', 2] }),
    replicas: 4,
    want: { a: 1, c: 1, d: 2 },
    message:
      'minGroups 4: only 3 by cluster can have a replica (a, c, d), since region ap, eu at 26 % (2), maxSkew 1 by cluster between a, c, d',
  },
  {
    name: 'three at once',
    constraints: [{ spreadByField: 'provider', minGroups: 2 }, ...two({ minGroups: 3 }, { maxGroups: 3 })],
    replicas: 10,
    // 10 / 39 per room: 2.6, 2.3 and 5.1.
    want: { a: 3, d: 2, f: 5 },
  },
  {
    name: 'says which constraint leaves out what would have room',
    constraints: two({ maxGroups: 1 }, { maxGroups: 2 }),
    replicas: 30,
    fleet: world.slice(0, 5),
    want: { a: 10, b: 8 },
    message:
      '18 of 30 replicas have a place: maxGroups 1 by region leaves out us, maxGroups 2 by cluster leaves out c, a is full with 10, b is full with 8. Smallest change: without maxGroups 2 by cluster, 6 more',
  },
  {
    name: 'says which share leaves no place',
    constraints: two({ maxSharePercent: 50 }, { maxSharePercent: 20 }),
    fleet: of({ a: ['eu', 9], b: ['eu', 9], c: ['us', 9] }),
    replicas: 10,
    want: { a: 2, b: 2, c: 2 },
    message:
      '6 of 10 replicas have a place: cluster a, b, c at 20 % (2). Smallest change: without maxSharePercent 20 by cluster, 4 more',
  },
  {
    name: 'says which constraint keeps another from being met',
    constraints: two({ maxGroups: 1 }, { minGroups: 4 }),
    replicas: 6,
    fleet: of({ a: ['eu', 9], b: ['eu', 9], c: ['us', 5] }),
    want: { a: 3, b: 3 },
    message: 'minGroups 4: only 3 by cluster can be used (a, b)',
  },
  {
    name: 'says by which constraint domains that could be used are left out',
    constraints: two({ maxGroups: 1 }, { minGroups: 3 }),
    replicas: 6,
    fleet: of({ a: ['eu', 9], b: ['eu', 9], c: ['us', 5] }),
    want: { a: 3, b: 3 },
    message: 'minGroups 3: only 2 by cluster can have a replica (a, b), since maxGroups 1 by region leaves out us',
  },
]

test.each(table)('schedule() over nested domains $name', (row) => {
  const { placement = byRoom, constraints, fleet = world, replicas, want, message } = row
  const decision = decide({ fleet, constraints, placement: { ...placement, spreadConstraints: constraints } }, replicas)
  expect(replicasOf(decision)).toEqual(want)
  expect(decision.shortfall?.message).toBe(message)
})

test('schedule() over nested domains places 8 at once where 1 to 8 stepwise fit, and the other way round', () => {
  const constraints = two({ minGroups: 2, maxGroups: 2 }, { maxGroups: 3 })
  const fleet = of({ a: ['eu', 3], b: ['eu', 2], c: ['us', 3], d: ['us', 1], e: ['ap', 2] })
  const given = { fleet, constraints, placement: { ...byRoom, spreadConstraints: constraints } }
  expect(replicasOf(decide(given, 8))).toEqual({ a: 3, b: 2, c: 3 })
  expect(replicasOf(stepwise(given, 8))).toEqual({ a: 3, b: 2, c: 3 })
})

describe('schedule() with several spread constraints', () => {
  test('holds all of them and places most, as every division shows', () => {
    fc.assert(
      fc.property(anyGiven, fc.integer({ min: 1, max: 8 }), (given, replicas) => {
        const decision = decide(given, replicas)
        const counts = countsOf(given, decision)
        const best = bestOf(given, replicas)
        expect({ unmet: unmetBy(given, replicas, counts), placed: sum(counts) }).toEqual(best)
        expect(decision.shortfall === undefined).toBe(best.unmet === 0 && best.placed === replicas)
      }),
      runs,
    )
  })

  test('holds them before minReplicas', () => {
    fc.assert(
      fc.property(anyFleet, anyConstraints, fc.integer({ min: 1, max: 8 }), (fleet, constraints, replicas) => {
        const placement = { ...byBoundedWeight(fleet, 2), spreadConstraints: constraints }
        const given = { fleet, constraints, placement }
        expect(unmetBy(given, replicas, countsOf(given, decide(given, replicas)))).toBe(bestOf(given, replicas).unmet)
      }),
      runs,
    )
  })

  test('deciding again on its own result changes nothing', () => {
    fc.assert(
      fc.property(anyGiven, fc.integer({ min: 1, max: 30 }), (given, replicas) => {
        const first = decide(given, replicas)
        expect(decide(given, replicas, first).clusters).toEqual(first.clusters)
      }),
      runs,
    )
  })

  test('one more replica keeps all domains with which minGroups can be met, and at once no fewer fit than stepwise', () => {
    fc.assert(
      fc.property(anyGiven, fc.integer({ min: 1, max: 6 }), (given, replicas) => {
        let last = decide(given, 1)
        for (let more = 2; more <= replicas; more += 1) {
          const next = decide(given, more, last)
          const before = countsOf(given, last)
          const keeps = (counts: readonly number[]) => counts.every((count, at) => count > 0 || before[at] === 0)
          const after = countsOf(given, next)
          const isMet = () => (unmetBy(given, more, after) ?? Infinity) < bestOf(given, more, keeps).unmet
          expect(keeps(after) || isByWeightAndShare(given) || isMet()).toBe(true)
          last = next
        }
        const atOnce = sum(countsOf(given, decide(given, replicas)))
        expect(atOnce).toBeGreaterThanOrEqual(sum(countsOf(given, last)))
      }),
      runs,
    )
  })

  test('shuffled clusters and constraints give the same', () => {
    const anyShuffled = anyGiven.chain((given) =>
      fc.record({
        given: fc.constant(given),
        fleet: fc.shuffledSubarray([...given.fleet], { minLength: given.fleet.length }),
        constraints: fc.shuffledSubarray([...given.constraints], { minLength: given.constraints.length }),
      }),
    )
    fc.assert(
      fc.property(anyShuffled, fc.integer({ min: 1, max: 12 }), ({ given, fleet, constraints }, replicas) => {
        const decision = decide(given, replicas)
        expect(JSON.stringify(decide({ ...given, fleet }, replicas))).toBe(JSON.stringify(decision))
        const placement = { ...given.placement, spreadConstraints: constraints }
        expect(decide({ ...given, placement }, replicas).clusters).toEqual(decision.clusters)
      }),
      runs,
    )
  })
})
