// Several spread constraints at once, whole decisions: against every division that there is, and over time.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, roomFor } from '../fixtures.ts'
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
/** Weights by name, each with its room for a bound. */
const byBoundedWeight = (fleet: readonly Place[]): Placement => ({
  replicaScheduling: {
    replicaSchedulingType: 'Divided',
    weightPreference: {
      staticWeightList: fleet.map(({ name, pods }, index) => ({
        targetCluster: { clusterNames: [name] },
        weight: 1 + ((index * 7) % 5),
        maxReplicas: pods,
      })),
    },
  },
})
const anyDivision = fc.constantFrom<(fleet: readonly Place[]) => Placement>(
  () => byRoom,
  () => aggregated,
  byBoundedWeight,
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

/** The fewest unmet, and of those the most placed, of all ways to divide at most `replicas`. */
function bestOf(given: Given, replicas: number): Best {
  const best: Best = { unmet: Infinity, placed: 0 }
  const visit = (counts: readonly number[], left: number): void => {
    const place = given.fleet[counts.length]
    if (place !== undefined) {
      for (let count = 0; count <= Math.min(place.pods, left); count += 1) visit([...counts, count], left - count)
      return
    }
    const unmet = unmetBy(given, replicas, counts) ?? Infinity
    const placed = replicas - left
    if (unmet < best.unmet || (unmet === best.unmet && placed > best.placed)) Object.assign(best, { unmet, placed })
  }
  visit([], replicas)
  return best
}

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

  test('deciding again on its own result changes nothing', () => {
    fc.assert(
      fc.property(anyGiven, fc.integer({ min: 1, max: 30 }), (given, replicas) => {
        const first = decide(given, replicas)
        expect(decide(given, replicas, first).clusters).toEqual(first.clusters)
      }),
      runs,
    )
  })

  test('one more replica keeps all domains that have one', () => {
    fc.assert(
      fc.property(anyGiven, fc.integer({ min: 1, max: 12 }), (given, replicas) => {
        const first = decide(given, replicas)
        const before = countsOf(given, first)
        const after = countsOf(given, decide(given, replicas + 1, first))
        expect(after.every((count, index) => count > 0 || before[index] === 0)).toBe(true)
      }),
      runs,
    )
  })
})
