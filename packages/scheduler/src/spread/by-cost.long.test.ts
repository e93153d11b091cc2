// Aggregated and Duplicated by costs over failure domains: whole decisions, against every choice that there is.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aBookOfPrices } from '../cost/fixtures.ts'
import { aClusterRow, aggregated, aRequest, replicasOf, roomFor } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot } from '../snapshot.ts'

interface Place {
  readonly region: string
  readonly room: number
  /** Per CPU and hour; a replica asks for one. */
  readonly price: number
}
type Fleet = Readonly<Record<string, Place>>
type Placement = ScheduleRequest['placement']

const objective = { price: 1 }
const runs = { numRuns: 1000 }
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
const cpus = { nanos: 10n ** 15n, format: 'DecimalSI' as const }

function decide(fleet: Fleet, placement: Placement, replicas: number, previous?: Decision): Decision {
  const held = new Map(previous?.clusters.map(({ name, replicas: count = 0 }) => [name, count]))
  const rows = Object.entries(fleet).map(([name, { region, room }]) => {
    const [shape] = roomFor(room - (held.get(name) ?? 0)).shapes ?? []
    return aClusterRow({
      name,
      region,
      shapes: [{ free: new Map([...(shape?.free ?? []), ['cpu', cpus]]), labels: {}, taints: [], count: 1 }],
    })
  })
  const prices = Object.fromEntries(Object.entries(fleet).map(([name, { price }]) => [name, price]))
  const request = aRequest({
    placement: { ...placement, objective },
    replicas,
    requirements: { resourceRequest: { cpu: '1' } },
    isGrowthReady: true,
    ...(previous === undefined ? {} : { previous }),
  })
  return schedule(request, createSnapshot(rows, aBookOfPrices(prices)), { trigger: 'Test' })
}

const over = (...spreadConstraints: readonly SpreadConstraint[]) => ({ spreadConstraints })

/** Two regions of two clusters, one of one. */
const world: Fleet = {
  'ap-1': { region: 'ap', room: 20, price: 0.06 },
  'eu-1': { region: 'eu', room: 5, price: 0.01 },
  'eu-2': { region: 'eu', room: 10, price: 0.1 },
  'us-1': { region: 'us', room: 9, price: 0.05 },
  'us-2': { region: 'us', room: 8, price: 0.02 },
}

describe('schedule() Aggregated by price over domains', () => {
  test.each<{ name: string; replicas: number; constraint: SpreadConstraint; want: object; fleet?: Fleet }>([
    {
      name: 'takes the cheapest of the regions of which one cluster has room for all',
      replicas: 8,
      // ap-1 0.48, eu-2 0.80, us-1 0.40, us-2 0.16.
      constraint: { spreadByField: 'region', maxGroups: 2 },
      want: { 'us-2': 8 },
    },
    {
      name: 'takes one region rather than two, and in it one cluster rather than two',
      replicas: 10,
      // ap-1 0.60 and eu-2 1.00 alone; us-2 and us-1 together, 0.26, are two.
      constraint: { spreadByField: 'region', minGroups: 1 },
      want: { 'ap-1': 10 },
    },
    {
      name: 'takes the cheapest two of as many regions as minGroups asks for, and fills the cheaper first',
      replicas: 9,
      // eu-1 takes 5 at 0.01, us-2 the rest at 0.02: 0.13.
      constraint: { spreadByField: 'region', minGroups: 2 },
      want: { 'eu-1': 5, 'us-2': 4 },
    },
    {
      name: 'holds regions at their share',
      replicas: 10,
      // At most 5 each: eu-1 5 at 0.01, us-2 5 at 0.02.
      constraint: { spreadByField: 'region', maxSharePercent: 50 },
      want: { 'eu-1': 5, 'us-2': 5 },
    },
  ])('$name', ({ replicas, constraint, want, fleet = world }) => {
    expect(replicasOf(decide(fleet, { ...aggregated, ...over(constraint) }, replicas))).toEqual(want)
  })

  test('stays where it is, whatever others cost', () => {
    const placement = { ...aggregated, ...over({ spreadByField: 'region', maxGroups: 1 }) }
    const cheap = { ...world, 'ap-1': { region: 'ap', room: 20, price: 0 } }
    const before = decide(cheap, placement, 6)
    expect(replicasOf(before)).toEqual({ 'ap-1': 6 })
    expect(replicasOf(decide(world, placement, 9, before))).toEqual({ 'ap-1': 9 })
  })

  test('finds as few of many, and cheap ones among them', () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, at): [string, Place] => [
        `c${at}`,
        { region: `r${at % 20}`, room: 10, price: 0.01 + ((at * 37) % 200) / 1000 },
      ]),
    )
    const placement = { ...aggregated, ...over({ spreadByField: 'region', minGroups: 3 }) }
    const decision = decide(many, placement, 45)
    const used = decision.clusters.filter(({ replicas = 0 }) => replicas > 0)
    expect(used).toHaveLength(5)
    expect(new Set(used.map(({ name }) => many[name]?.region)).size).toBe(3)
    const mean = sum(used.map(({ name, replicas = 0 }) => replicas * (many[name]?.price ?? 0))) / 45
    expect(mean).toBeLessThan(0.05)
  })
})

describe('schedule() Duplicated by price', () => {
  test('has copies on the cheapest clusters', () => {
    const placement = over({ spreadByField: 'cluster', maxGroups: 2 })
    expect(replicasOf(decide(world, placement, 3))).toEqual({ 'eu-1': 3, 'us-2': 3 })
  })

  test('has as many copies as may be, then the cheapest', () => {
    const placement = over({ spreadByField: 'region', maxGroups: 1 })
    // eu costs 0.11 for a replica of each, us 0.07; ap has one cluster only.
    expect(replicasOf(decide(world, placement, 3))).toEqual({ 'us-1': 3, 'us-2': 3 })
  })

  test('says what each costs, and which are not used', () => {
    const { explanation } = decide(world, over({ spreadByField: 'cluster', maxGroups: 1 }), 1)
    const [used, ap] = explanation.clusters
    expect(used).toMatchObject({ name: 'eu-1', verdict: 'Chosen', cost: 0.01 })
    expect(ap).toMatchObject({ name: 'ap-1', cost: 0.06, reasons: [{ filter: 'SpreadConstraint' }] })
  })
})

const anyFleet: fc.Arbitrary<Fleet> = fc
  .array(
    fc.record({
      region: fc.constantFrom('ap', 'eu', 'us'),
      room: fc.nat(6),
      price: fc.integer({ min: 0, max: 6 }).map((cents) => cents / 100),
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

/** The lower of the first that differ is better. */
function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((number, index) => Math.abs(number - (other[index] ?? 0)) > 1e-9)
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
}

/** Domains that go without, what has no place, domains and clusters in use, costs; undefined: it breaks the constraint. */
function valueOf(fleet: Fleet, constraint: SpreadConstraint, replicas: number, counts: readonly number[]) {
  const { spreadByField, minGroups = 1, maxGroups = Infinity, maxSharePercent = 100 } = constraint
  const totals = new Map<string, number>()
  let [clusters, cost] = [0, 0]
  for (const [index, [name, { region, price }]] of Object.entries(fleet).entries()) {
    const count = counts[index] ?? 0
    if (count === 0) continue
    const key = spreadByField === 'region' ? region : name
    totals.set(key, (totals.get(key) ?? 0) + count)
    clusters += 1
    cost += count * price
  }
  if (totals.size > maxGroups) return undefined
  if (Math.max(0, ...totals.values()) > Math.ceil((replicas * maxSharePercent) / 100)) return undefined
  return [Math.max(0, Math.min(minGroups, replicas) - totals.size), -sum(counts), totals.size, clusters, cost]
}

function* divisions(fleet: Fleet, most: number, counts: readonly number[] = []): Iterable<readonly number[]> {
  const place = Object.values(fleet)[counts.length]
  if (place === undefined) return yield counts
  for (let count = 0; count <= Math.min(place.room, most); count += 1) {
    yield* divisions(fleet, most - count, [...counts, count])
  }
}

describe('properties of schedule() Aggregated by price over domains', () => {
  const placementOf = (constraint: SpreadConstraint) => ({ ...aggregated, ...over(constraint) })
  const countsOf = (fleet: Fleet, { clusters }: Decision) =>
    Object.keys(fleet).map((name) => clusters.find((entry) => entry.name === name)?.replicas ?? 0)

  test('fewest domains, then fewest clusters, then least costs: equals brute force', () => {
    fc.assert(
      fc.property(anyFleet, anyConstraint, fc.integer({ min: 1, max: 8 }), (fleet, constraint, replicas) => {
        const got = valueOf(
          fleet,
          constraint,
          replicas,
          countsOf(fleet, decide(fleet, placementOf(constraint), replicas)),
        )
        let best: readonly number[] | undefined
        for (const tried of divisions(fleet, replicas)) {
          const value = valueOf(fleet, constraint, replicas, tried)
          if (value && (best === undefined || compare(value, best) < 0)) best = value
        }
        expect(got?.map((number) => number.toFixed(6))).toEqual(best?.map((number) => number.toFixed(6)))
      }),
      runs,
    )
  })

  test('no change of inputs, no move; nor when prices change', () => {
    fc.assert(
      fc.property(
        anyFleet,
        anyConstraint,
        fc.integer({ min: 1, max: 20 }),
        fc.nat(6),
        (fleet, constraint, replicas, cents) => {
          const first = decide(fleet, placementOf(constraint), replicas)
          expect(decide(fleet, placementOf(constraint), replicas, first).clusters).toEqual(first.clusters)
          const changed = { ...fleet, c0: { region: 'eu', room: 0, ...fleet['c0'], price: cents / 100 } }
          expect(decide(changed, placementOf(constraint), replicas, first).clusters).toEqual(first.clusters)
        },
      ),
      runs,
    )
  })

  test('one more replica gives up no domain that has one', () => {
    fc.assert(
      fc.property(anyFleet, anyConstraint, fc.integer({ min: 1, max: 12 }), (fleet, constraint, replicas) => {
        const first = decide(fleet, placementOf(constraint), replicas)
        const next = decide(fleet, placementOf(constraint), replicas + 1, first)
        const [before, after] = [countsOf(fleet, first), countsOf(fleet, next)]
        const regionsOf = (counts: readonly number[]) =>
          new Set(Object.values(fleet).flatMap(({ region }, index) => ((counts[index] ?? 0) > 0 ? [region] : [])))
        expect([...regionsOf(before)].every((region) => regionsOf(after).has(region))).toBe(true)
        expect(sum(after)).toBeGreaterThanOrEqual(sum(before))
      }),
      runs,
    )
  })
})
