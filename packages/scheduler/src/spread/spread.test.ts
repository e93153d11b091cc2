// Divisions over failure domains, whole decisions.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight, replicasOf, roomFor } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { type ClusterRow, createSnapshot } from '../snapshot.ts'

type Placement = ScheduleRequest['placement']
type Cluster = Partial<ClusterRow> & { readonly name: string }

const decide = (request: Partial<ScheduleRequest>, clusters: readonly Cluster[]): Decision =>
  schedule(aRequest(request), createSnapshot(clusters.map(aClusterRow)), { trigger: 'Test' })

const at = (name: string, region: string, pods = 100): Cluster => ({ name, region, ...roomFor(pods) })
const over = (placement: Placement, constraint: Omit<SpreadConstraint, 'spreadByField'>): Placement => ({
  ...placement,
  spreadConstraints: [{ spreadByField: 'region', ...constraint }],
})
const equally = byWeight({ a: 1, b: 1, c: 1, d: 1 })
/** Two clusters in eu, one in us, one in ap. */
const world = [at('a', 'eu'), at('b', 'eu'), at('c', 'us'), at('d', 'ap')]

interface Row {
  readonly name: string
  readonly placement: Placement
  readonly replicas: number
  readonly clusters?: readonly Cluster[]
  readonly want: Readonly<Record<string, number>>
  readonly reason?: string
  readonly message?: string
}

const table: readonly Row[] = [
  {
    name: 'static weights: uses at most maxGroups regions, those of most weight',
    placement: over(byWeight({ a: 1, b: 1, c: 3, d: 1 }), { maxGroups: 2 }),
    replicas: 10,
    want: { a: 2, b: 2, c: 6 },
  },
  {
    name: 'static weights: holds a region at its share, others take the rest by weight',
    placement: over(equally, { maxSharePercent: 40 }),
    replicas: 10,
    want: { a: 2, b: 2, c: 3, d: 3 },
  },
  {
    name: 'static weights: keeps regions within maxSkew of each other',
    placement: over(equally, { maxSkew: 1 }),
    replicas: 12,
    want: { a: 2, b: 2, c: 4, d: 4 },
  },
  {
    name: 'static weights: gives every region of minGroups one',
    placement: over(byWeight({ a: 100, c: 1, d: 1 }), { minGroups: 3 }),
    replicas: 5,
    want: { a: 3, c: 1, d: 1 },
  },
  {
    name: 'takes as many regions as there are replicas where those are fewer than minGroups',
    placement: over(byWeight({ a: 3, c: 2, d: 1 }), { minGroups: 3 }),
    replicas: 2,
    want: { a: 1, c: 1 },
  },
  {
    name: 'says when there are fewer regions than minGroups, and places all',
    placement: over(byWeight({ a: 1, b: 1 }), { minGroups: 2 }),
    replicas: 4,
    want: { a: 2, b: 2 },
    reason: 'SpreadNotMet',
    message: 'minGroups 2: only 1 by region can be used (eu)',
  },
  {
    name: 'chooses regions that have room for all, not the one that looks best',
    placement: over(byRoom, { maxGroups: 1 }),
    replicas: 10,
    clusters: [at('a', 'eu', 4), at('b', 'eu', 5), at('c', 'us', 12)],
    want: { c: 10 },
  },
  {
    name: 'places as much as the best regions can take, and says what is left out',
    placement: over(byRoom, { maxGroups: 1 }),
    replicas: 20,
    clusters: [at('a', 'eu', 4), at('b', 'eu', 5), at('c', 'us', 12)],
    want: { c: 12 },
    reason: 'PartiallyPlaced',
    message: '12 of 20 replicas have a place: maxGroups 1 by region leaves out eu, c is full with 12',
  },
  {
    name: 'dynamic weights: holds a region at its share',
    placement: over(byRoom, { maxSharePercent: 50 }),
    replicas: 9,
    clusters: [at('a', 'eu', 90), at('c', 'us', 3), at('d', 'ap', 2)],
    want: { a: 4 + 1, c: 2, d: 2 },
  },
  {
    name: 'says that a share leaves replicas without a place',
    placement: over(byRoom, { maxSharePercent: 50 }),
    replicas: 10,
    clusters: [at('a', 'eu', 90), at('c', 'us', 3)],
    want: { a: 5, c: 3 },
    reason: 'PartiallyPlaced',
    message: '8 of 10 replicas have a place: region eu at 50 % (5), c is full with 3',
  },
  {
    name: 'leaves out a small region that would keep all others small',
    placement: over(byRoom, { maxSkew: 1, minGroups: 2 }),
    replicas: 12,
    clusters: [at('a', 'eu', 10), at('c', 'us', 10), at('d', 'ap', 1)],
    want: { a: 6, c: 6 },
  },
  {
    name: 'Aggregated: fills the fewest regions that have room',
    placement: over(aggregated, {}),
    replicas: 14,
    clusters: [at('a', 'eu', 8), at('b', 'eu', 7), at('c', 'us', 12)],
    want: { a: 8, b: 6 },
  },
  {
    name: 'Aggregated: has one in a second region where minGroups asks for it',
    placement: over(aggregated, { minGroups: 2 }),
    replicas: 6,
    clusters: [at('a', 'eu', 8), at('b', 'eu', 7), at('c', 'us', 12)],
    want: { a: 1, c: 5 },
  },
  {
    name: 'Duplicated: copies to the clusters of so many regions',
    placement: over({}, { maxGroups: 3 }),
    replicas: 2,
    want: { a: 2, b: 2, c: 2, d: 2 },
  },
  {
    name: 'spreads by a label',
    placement: { ...equally, spreadConstraints: [{ spreadByLabel: 'rack', maxSharePercent: 50 }] },
    replicas: 8,
    clusters: [
      { name: 'a', labels: { rack: '1' } },
      { name: 'b', labels: { rack: '1' } },
      { name: 'c', labels: { rack: '2' } },
      { name: 'd' },
    ],
    want: { a: 2, b: 2, c: 4 },
  },
  {
    name: 'spreads by zone: clusters that share one fail together',
    placement: { ...equally, spreadConstraints: [{ spreadByField: 'zone', maxSharePercent: 50 }] },
    replicas: 8,
    clusters: [
      { name: 'a', region: 'eu', zones: ['1', '2'] },
      { name: 'b', region: 'eu', zones: ['2', '3'] },
      { name: 'c', region: 'us', zones: ['1'] },
    ],
    want: { a: 2, b: 2, c: 4 },
  },
  {
    name: 'spreads by cluster: on so many clusters',
    placement: {
      ...byWeight({ a: 1, b: 5, c: 4, d: 2 }),
      spreadConstraints: [{ spreadByField: 'cluster', maxGroups: 2 }],
    },
    replicas: 9,
    want: { b: 5, c: 4 },
  },
  {
    name: 'says when minReplicas are in a region that is not used',
    placement: over(withMinimum({ a: 1, c: 2, d: 1 }), { maxGroups: 2 }),
    replicas: 9,
    want: { a: 5, c: 4 },
    reason: 'SpreadNotMet',
    message: 'maxGroups 2 by region uses eu, us only, and minReplicas ask for more: d wants 1',
  },
]

function withMinimum(minima: Readonly<Record<string, number>>): Placement {
  const staticWeightList = Object.entries(minima).map(([name, minReplicas]) => ({
    targetCluster: { clusterNames: [name] },
    weight: name === 'a' ? 5 : 4,
    minReplicas,
  }))
  return { replicaScheduling: { replicaSchedulingType: 'Divided', weightPreference: { staticWeightList } } }
}

describe('schedule() over failure domains', () => {
  test.each(table)('$name', ({ placement, replicas, clusters = world, want, reason, message }) => {
    const decision = decide({ placement, replicas }, clusters)
    expect(replicasOf(decision)).toEqual(want)
    expect(decision.shortfall?.reason).toBe(reason)
    if (message !== undefined) expect(decision.shortfall?.message).toContain(message)
  })

  test('says of a cluster why it is not used', () => {
    const { explanation } = decide({ placement: over(byWeight({ a: 2, c: 1 }), { maxGroups: 1 }) }, [
      ...world,
      { name: 'nowhere' },
    ])
    expect(explanation.clusters).toMatchObject([
      { name: 'a', verdict: 'Chosen' },
      { name: 'b', verdict: 'Feasible' },
      { name: 'c', verdict: 'Feasible', reasons: [{ message: 'its failure domain is not among those used' }] },
      { name: 'd', verdict: 'Feasible', reasons: [{ filter: 'SpreadConstraint' }] },
      { name: 'nowhere', verdict: 'Rejected', reasons: [{ filter: 'SpreadConstraint', message: 'it has no region' }] },
    ])
  })

  test('copies objects without replicas to so many regions, and stays there', () => {
    const whole = { apiVersion: 'v1', kind: 'ConfigMap', replicas: undefined as never }
    const placement = over({}, { maxGroups: 1 })
    const [first] = ['x', 'y', 'z'].map((templateUID) => decide({ ...whole, templateUID, placement }, world))
    const names = first?.clusters.map(({ name }) => name) ?? []
    expect([['a', 'b'], ['c'], ['d']]).toContainEqual(names)
    const more = [at('0', 'af'), ...world]
    expect(decide({ ...whole, templateUID: 'x', placement, ...(first ? { previous: first } : {}) }, more)).toBe(first)
  })

  test('keeps a template scaled to zero on all its clusters: one that it never was on counts for no region', () => {
    const clusters = [at('a', 'eu', 1), at('b', 'eu', 1), at('c', 'us'), at('d', 'ap', 1)]
    const spreadConstraints = [
      { spreadByField: 'cluster', maxGroups: 3 },
      { spreadByField: 'region', minGroups: 3 },
    ] as const
    const running = decide({ replicas: 3, placement: byWeight({ a: 1, b: 1, d: 1 }) }, clusters)
    const request = { replicas: 0, placement: { ...aggregated, spreadConstraints } }
    const stopped = decide({ ...request, previous: running }, clusters)
    expect(replicasOf(stopped)).toEqual({ a: 0, b: 0, d: 0 })
    expect(decide({ ...request, previous: stopped }, clusters)).toBe(stopped)
  })

  test('leaves a cluster that may not grow without room once it is empty, so that ending the move moves nothing', () => {
    const clusters = [at('a', 'eu'), at('c', 'us'), at('d', 'us'), at('e', 'ap')]
    const troubled = clusters.map((cluster) => ({ ...cluster, ready: 'ac'.includes(cluster.name) }))
    const spreadConstraints = [
      { spreadByField: 'region', minGroups: 3 },
      { spreadByField: 'cluster', maxGroups: 3 },
    ] as const
    const running = decide({ replicas: 2, placement: byWeight({ d: 1, e: 1 }) }, clusters)
    const request = { replicas: 2, placement: { ...byWeight({ a: 2, c: 3, d: 2, e: 1 }), spreadConstraints } }
    const moving = decide({ ...request, previous: running }, troubled)
    expect(replicasOf(moving)).toEqual({ a: 1, c: 1, d: 0, e: 0 })
    const ended = decide({ ...request, previous: moving, isGrowthReady: true }, troubled)
    expect(replicasOf(ended)).toEqual({ a: 1, c: 1 })
    expect(decide({ ...request, previous: ended }, troubled)).toBe(ended)
  })

  test('stays in its regions when a better one joins', () => {
    const placement = over(byWeight({ a: 1, c: 1, d: 9 }), { maxGroups: 2 })
    const first = decide({ placement }, world.slice(0, 3))
    expect(replicasOf(first)).toEqual({ a: 6, c: 6 })
    expect(decide({ placement, previous: first }, world)).toBe(first)
  })
})

const clusterNames = ['a', 'b', 'c', 'd', 'e', 'f']
const anyFleet = fc
  .tuple(...clusterNames.map(() => fc.record({ region: fc.constantFrom('eu', 'us', 'ap', ''), pods: fc.nat(9) })))
  .map((rows) => rows.map(({ region, pods }, index) => at(clusterNames[index] ?? '', region, pods)))
const anyDivision = fc.oneof(
  fc.constant(byRoom),
  fc.constant(aggregated),
  fc.dictionary(fc.constantFrom(...clusterNames), fc.nat(5)).map(byWeight),
)
const anyConstraint = fc.record(
  {
    minGroups: fc.integer({ min: 1, max: 3 }),
    maxGroups: fc.integer({ min: 3, max: 4 }),
    maxSharePercent: fc.integer({ min: 34, max: 100 }),
    maxSkew: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
)
/** Aggregated takes no maxSkew. */
const anyPlacement = fc
  .tuple(anyDivision, anyConstraint)
  .map(([division, { maxSkew, ...rest }]) =>
    over(division, division === aggregated || maxSkew === undefined ? rest : { ...rest, maxSkew }),
  )
const runs = { numRuns: 1000 }

function byRegion(decision: Decision, fleet: readonly Cluster[]): ReadonlyMap<string, number> {
  const totals = new Map<string, number>()
  for (const { name, replicas = 0 } of decision.clusters) {
    const region = fleet.find((cluster) => cluster.name === name)?.region ?? ''
    totals.set(region, (totals.get(region) ?? 0) + replicas)
  }
  return totals
}

describe('properties of schedule() over failure domains', () => {
  test('keeps to what was asked, or says that it does not', () => {
    fc.assert(
      fc.property(anyFleet, anyPlacement, fc.integer({ min: 1, max: 40 }), (fleet, placement, replicas) => {
        const decision = decide({ placement, replicas }, fleet)
        const { minGroups = 1, maxGroups = 9, maxSharePercent = 100 } = placement.spreadConstraints?.[0] ?? {}
        const regions = [...byRegion(decision, fleet).values()]
        const placed = regions.reduce((sum, count) => sum + count, 0)
        expect(placed + (decision.shortfall?.missingReplicas ?? 0)).toBe(replicas)
        expect(regions.length).toBeLessThanOrEqual(maxGroups)
        for (const count of regions) expect(count).toBeLessThanOrEqual(Math.ceil((replicas * maxSharePercent) / 100))
        if (decision.shortfall === undefined)
          expect(regions.length).toBeGreaterThanOrEqual(Math.min(minGroups, replicas))
        expect(byRegion(decision, fleet).has('')).toBe(false)
      }),
      runs,
    )
  })

  test('keeps regions that are used within maxSkew', () => {
    fc.assert(
      fc.property(anyFleet, fc.nat(40), fc.integer({ min: 1, max: 4 }), (fleet, replicas, maxSkew) => {
        const counts = [...byRegion(decide({ placement: over(byRoom, { maxSkew }), replicas }, fleet), fleet).values()]
        if (counts.length > 0) expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(maxSkew)
      }),
      runs,
    )
  })

  test('no input change is no move', () => {
    fc.assert(
      fc.property(anyFleet, anyPlacement, fc.integer({ min: 1, max: 40 }), (fleet, placement, replicas) => {
        const first = decide({ placement, replicas }, fleet)
        const held = new Map(first.clusters.map(({ name, replicas: count = 0 }) => [name, count]))
        const settled = fleet.map((cluster) => {
          const pods = Number(cluster.shapes?.[0]?.free.get('pods')?.nanos ?? 0n) / 1e9
          return { ...cluster, ...roomFor(pods - (held.get(cluster.name) ?? 0)) }
        })
        const again = decide({ placement, replicas, previous: first }, settled)
        expect(again.clusters).toEqual(first.clusters)
      }),
      runs,
    )
  })

  test('an infeasible cluster added changes nothing', () => {
    fc.assert(
      fc.property(
        anyFleet,
        anyPlacement,
        fc.nat(40),
        fc.constantFrom('eu', 'new'),
        (fleet, placement, replicas, region) => {
          const more = [...fleet, { ...at('0', region), ready: false }]
          expect(decide({ placement, replicas }, more).clusters).toEqual(
            decide({ placement, replicas }, fleet).clusters,
          )
        },
      ),
      runs,
    )
  })

  test('shuffled clusters give identical bytes', () => {
    const given = fc.tuple(anyFleet, anyPlacement, fc.nat(40)).chain(([fleet, placement, replicas]) =>
      fc.record({
        fleet: fc.constant(fleet),
        shuffled: fc.shuffledSubarray(fleet, { minLength: fleet.length }),
        request: fc.constant({ placement, replicas }),
      }),
    )
    fc.assert(
      fc.property(given, ({ fleet, shuffled, request }) => {
        expect(JSON.stringify(decide(request, shuffled))).toBe(JSON.stringify(decide(request, fleet)))
      }),
      runs,
    )
  })
})
