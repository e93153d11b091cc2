import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aRequest, aSnapshot, byCount, byWeight, replicasOf } from './fixtures.ts'
import { droppedClusters } from './move.ts'
import type { ScheduleRequest } from './request.ts'
import { explainAll, schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot, type Snapshot } from './snapshot.ts'

const trigger = { trigger: 'Test' }
const decide = (request: Partial<ScheduleRequest>, snapshot: Snapshot): Decision =>
  schedule(aRequest(request), snapshot, trigger)

interface Row {
  readonly name: string
  readonly given: Partial<ScheduleRequest>
  readonly clusters: readonly (Partial<ClusterRow> & { readonly name: string })[]
  readonly want: Readonly<Record<string, number | 'whole'>>
  readonly reason?: string
  readonly missing?: number
}

const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
const noSchedule = { key: 'maintenance', effect: 'NoSchedule' } as const
const bounded: ScheduleRequest['placement'] = {
  replicaScheduling: {
    replicaSchedulingType: 'Divided',
    weightPreference: {
      staticWeightList: [
        { targetCluster: { clusterNames: ['a'] }, weight: 5, maxReplicas: 3 },
        { targetCluster: { clusterNames: ['b'] }, weight: 1, minReplicas: 4 },
        { targetCluster: {}, weight: 1 },
      ],
    },
  },
}

const table: readonly Row[] = [
  { name: 'duplicates by default', given: { replicas: 3 }, clusters: [a, b], want: { a: 3, b: 3 } },
  {
    name: 'sends objects without replicas whole',
    given: { apiVersion: 'v1', kind: 'ConfigMap', replicas: undefined as never },
    clusters: [a, b],
    want: { a: 'whole', b: 'whole' },
  },
  {
    name: 'divides 12 by 3:2:1',
    given: { placement: byWeight({ a: 3, b: 2, c: 1 }) },
    clusters: [a, b, c],
    want: { a: 6, b: 4, c: 2 },
  },
  {
    name: 'leaves out clusters of weight 0',
    given: { placement: byWeight({ a: 1, b: 0 }) },
    clusters: [a, b],
    want: { a: 12 },
  },
  {
    name: 'gives clusters that no weight names nothing',
    given: { placement: byWeight({ a: 1 }) },
    clusters: [a, b],
    want: { a: 12 },
  },
  {
    name: 'respects minReplicas and maxReplicas',
    given: { placement: bounded, replicas: 11 },
    clusters: [a, b, c],
    want: { a: 3, b: 4, c: 4 },
  },
  {
    name: 'says when minReplicas exceed the replicas',
    given: { placement: bounded, replicas: 2 },
    clusters: [a, b, c],
    want: { b: 2 },
    reason: 'MinReplicasExceedReplicas',
    missing: 0,
  },
  {
    name: 'says when maxReplicas leave no place',
    given: { placement: bounded },
    clusters: [a],
    want: { a: 3 },
    reason: 'PartiallyPlaced',
    missing: 9,
  },
  {
    name: 'follows counts',
    given: {
      placement: byCount([
        ['a', 5],
        ['b', 7],
      ]),
    },
    clusters: [a, b, c],
    want: { a: 5, b: 7 },
  },
  {
    name: 'says when counts exceed the replicas',
    given: {
      placement: byCount([
        ['a', 5],
        ['b', 7],
      ]),
      replicas: 6,
    },
    clusters: [a, b],
    want: { a: 5, b: 1 },
    reason: 'CountsExceedReplicas',
    missing: 0,
  },
  {
    name: 'says when counts do not use up the replicas',
    given: { placement: byCount([['a', 5]]) },
    clusters: [a, b],
    want: { a: 5 },
    reason: 'PartiallyPlaced',
    missing: 7,
  },
  {
    name: 'keeps a template scaled to zero on every weighed cluster',
    given: { placement: byWeight({ a: 1, b: 1 }), replicas: 0 },
    clusters: [a, b],
    want: { a: 0, b: 0 },
  },
  {
    name: 'does not use clusters that are not Ready, suspended, deleting, tainted or lack the kind',
    given: { replicas: 1 },
    clusters: [
      a,
      { name: 'not-ready', ready: false },
      { name: 'suspended', suspended: true },
      { name: 'deleting', deleting: true },
      { name: 'tainted', taints: [noSchedule] },
      { name: 'lacking', kinds: new Set(['/ConfigMap']) },
    ],
    want: { a: 1 },
  },
  {
    name: 'uses clusters whose taints are tolerated',
    given: { replicas: 1, placement: { clusterTolerations: [{ key: 'maintenance', operator: 'Exists' }] } },
    clusters: [{ name: 'tainted', taints: [noSchedule] }],
    want: { tainted: 1 },
  },
  {
    name: 'counts a CustomResourceDefinition that we placed as support',
    given: { replicas: 1 },
    clusters: [{ name: 'a', kinds: new Set(), placedKinds: new Set(['apps/Deployment']) }],
    want: { a: 1 },
  },
  {
    name: 'selects clusters by label, field and exclusion',
    given: {
      replicas: 1,
      placement: {
        clusterAffinity: {
          exclude: ['c'],
          labelSelector: { matchLabels: { env: 'prod' } },
          fieldSelector: { matchExpressions: [{ key: 'region', operator: 'In', values: ['eu'] }] },
        },
      },
    },
    clusters: [
      { name: 'a', labels: { env: 'prod' }, region: 'eu' },
      { name: 'b', labels: { env: 'prod' }, region: 'us' },
      { name: 'c', labels: { env: 'prod' }, region: 'eu' },
      { name: 'd', region: 'eu' },
    ],
    want: { a: 1 },
  },
  {
    name: 'says that nothing fits',
    given: {},
    clusters: [{ name: 'a', ready: false }],
    want: {},
    reason: 'Unschedulable',
    missing: 12,
  },
  { name: 'says that there is no cluster', given: {}, clusters: [], want: {}, reason: 'Unschedulable', missing: 12 },
]

describe('schedule()', () => {
  test.each(table)('$name', ({ given, clusters, want, reason, missing }) => {
    const decision = decide(given, createSnapshot(clusters.map(aClusterRow)))
    expect(replicasOf(decision)).toEqual(want)
    expect(decision.shortfall?.reason).toBe(reason)
    expect(decision.shortfall?.missingReplicas).toBe(missing)
  })

  test('divides completions of a Job in step with its parallelism', () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      replicas: 4,
      completions: 9,
      placement: byWeight({ a: 3, b: 1 }),
    }
    const { clusters } = decide(job, aSnapshot('a', 'b'))
    expect(clusters).toMatchObject([
      { name: 'a', replicas: 3, completions: 7 },
      { name: 'b', replicas: 1, completions: 2 },
    ])
  })

  test('spreads 1,000 workloads of 2 replicas over three equal clusters within 10 %', () => {
    const snapshot = aSnapshot('a', 'b', 'c')
    const placement = byWeight({ a: 1, b: 1, c: 1 })
    const totals = new Map<string, number>()
    for (let index = 0; index < 1000; index += 1) {
      const { clusters } = decide({ templateUID: `uid-${index}`, replicas: 2, placement }, snapshot)
      for (const { name, replicas = 0 } of clusters) totals.set(name, (totals.get(name) ?? 0) + replicas)
    }
    for (const total of totals.values()) expect(Math.abs(total - 2000 / 3)).toBeLessThan(2000 / 30)
  })

  test('explains every reason against a cluster and counts them', () => {
    const snapshot = createSnapshot([
      aClusterRow(a),
      aClusterRow({ name: 'b', ready: false, notReadyReason: 'no route', suspended: true }),
    ])
    const { explanation } = decide({ replicas: 1 }, snapshot)
    expect(explanation).toMatchObject({
      trigger: 'Test',
      feasible: 1,
      rejected: { NotReady: 1, Suspended: 1 },
      clusters: [
        { name: 'a', verdict: 'Chosen', replicas: 1 },
        {
          name: 'b',
          verdict: 'Rejected',
          reasons: [
            { filter: 'NotReady', message: 'it is not Ready: no route' },
            { filter: 'Suspended', message: 'it is suspended (spec.suspend)' },
          ],
        },
      ],
    })
  })

  test('keeps 32 verdicts, the chosen ones among them, and explainAll() keeps all', () => {
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`)
    const snapshot = createSnapshot([
      ...names.map((name) => aClusterRow({ name, ready: false })),
      aClusterRow({ name: 'z' }),
    ])
    const { clusters } = decide({}, snapshot).explanation
    expect(clusters).toHaveLength(32)
    expect(clusters[0]?.name).toBe('z')
    expect(explainAll(aRequest(), snapshot, trigger).explanation.clusters).toHaveLength(41)
  })
})

describe('schedule() after a previous decision', () => {
  const placement = byWeight({ a: 1, b: 1 })

  function moved(previous: Decision, request: Partial<ScheduleRequest>, snapshot: Snapshot, isGrowthReady = false) {
    return decide({ previous, isGrowthReady, ...request }, snapshot)
  }

  test('answers the previous decision itself when nothing changed', () => {
    const first = decide({ placement }, aSnapshot('a', 'b'))
    expect(moved(first, { placement }, aSnapshot('a', 'b'))).toBe(first)
    expect(moved(first, { placement }, aSnapshot('a', 'b'), true)).toBe(first)
    expect(moved(first, { placement }, aSnapshot('a', 'b', 'infeasible'))).toBe(first)
  })

  test('says what clusters had while some grow and others shrink, and ends the move when growth is ready', () => {
    const first = decide({ placement }, aSnapshot('a', 'b'))
    const edited = { placement: byWeight({ a: 2, b: 1 }) }
    const second = moved(first, edited, aSnapshot('a', 'b'))
    expect(second.clusters).toMatchObject([
      { name: 'a', replicas: 8, from: 6 },
      { name: 'b', replicas: 4, from: 6 },
    ])
    expect(moved(second, edited, aSnapshot('a', 'b'))).toBe(second)
    const third = moved(second, edited, aSnapshot('a', 'b'), true)
    expect(third.clusters).toEqual([
      { name: 'a', id: 'id-a', replicas: 8 },
      { name: 'b', id: 'id-b', replicas: 4 },
    ])
    expect(third.forHash).toBe(second.forHash)
  })

  test('scales down at once', () => {
    const first = decide({ placement }, aSnapshot('a', 'b'))
    const second = moved(first, { placement, replicas: 4 }, aSnapshot('a', 'b'))
    expect(second.clusters).toEqual([
      { name: 'a', id: 'id-a', replicas: 2 },
      { name: 'b', id: 'id-b', replicas: 2 },
    ])
  })

  test('keeps a dropped cluster with 0 replicas until growth elsewhere is ready', () => {
    const first = decide({ placement: byWeight({ a: 1 }) }, aSnapshot('a', 'b'))
    const edited = { placement: byWeight({ b: 1 }) }
    const second = moved(first, edited, aSnapshot('a', 'b'))
    expect(second.clusters).toEqual([
      { name: 'a', id: 'id-a', replicas: 0, from: 12 },
      { name: 'b', id: 'id-b', replicas: 12, from: 0 },
    ])
    const third = moved(second, edited, aSnapshot('a', 'b'), true)
    expect(replicasOf(third)).toEqual({ b: 12 })
    expect(droppedClusters(second, third).map(({ name }) => name)).toEqual(['a'])
  })

  test('keeps what clusters had through superseding decisions', () => {
    const first = decide({ placement: byWeight({ a: 1 }) }, aSnapshot('a', 'b', 'c'))
    const second = moved(first, { placement: byWeight({ b: 1 }) }, aSnapshot('a', 'b', 'c'))
    const third = moved(second, { placement: byWeight({ c: 1 }) }, aSnapshot('a', 'b', 'c'))
    expect(third.clusters).toEqual([
      { name: 'a', id: 'id-a', replicas: 0, from: 12 },
      { name: 'c', id: 'id-c', replicas: 12, from: 0 },
    ])
  })

  test('has another hash when inputs come back, so that old observations do not count', () => {
    const one = { placement: byWeight({ a: 1 }) }
    const other = { placement: byWeight({ b: 1 }) }
    const first = decide(one, aSnapshot('a', 'b'))
    const second = moved(first, other, aSnapshot('a', 'b'))
    const third = moved(second, one, aSnapshot('a', 'b'))
    const fourth = moved(third, other, aSnapshot('a', 'b'))
    expect(new Set([first, second, third, fourth].map(({ forHash }) => forHash)).size).toBe(4)
  })

  test('keeps the last copies where nothing fits any more, even when told that growth is ready', () => {
    const first = decide({ placement: byWeight({ a: 1 }) }, aSnapshot('a'))
    const nowhere = { placement: { clusterAffinity: { clusterNames: ['typo'] } } }
    const second = moved(first, nowhere, aSnapshot('a'))
    expect(second.clusters).toEqual([{ name: 'a', id: 'id-a', replicas: 0, from: 12 }])
    expect(second.shortfall?.reason).toBe('Unschedulable')
    expect(moved(second, nowhere, aSnapshot('a'), true)).toBe(second)
  })

  test.each([
    ['not Ready', { ready: false }],
    ['suspended', { suspended: true }],
    ['tainted NoSchedule', { taints: [noSchedule] }],
    ['of unknown kinds', { kinds: new Set<string>() }],
    ['being unregistered', { deleting: true }],
  ])('caps a cluster that holds replicas and is %s', (_, change) => {
    const first = decide({ placement }, aSnapshot('a', 'b'))
    const snapshot = createSnapshot([aClusterRow({ name: 'a', ...change }), aClusterRow(b)])
    expect(moved(first, { placement }, snapshot)).toBe(first)
    const grown = moved(first, { placement, replicas: 20 }, snapshot)
    expect(replicasOf(grown)).toEqual({ a: 6, b: 14 })
    expect(grown.explanation.clusters.find(({ name }) => name === 'a')?.verdict).toBe('Capped')
  })

  test.each([
    ['a NoExecute taint', { taints: [{ key: 'gone', effect: 'NoExecute' as const }] }, {}],
    ['an edited policy', {}, { clusterAffinity: { exclude: ['a'] } }],
  ])('takes replicas away from a cluster for %s', (_, change, affinity) => {
    const first = decide({ placement }, aSnapshot('a', 'b'))
    const snapshot = createSnapshot([aClusterRow({ name: 'a', ...change }), aClusterRow(b)])
    const second = moved(first, { placement: { ...placement, ...affinity } }, snapshot)
    expect(replicasOf(second)).toEqual({ a: 0, b: 12 })
  })

  test('inherits nothing by name: identity is the id', () => {
    const first = decide({ placement: byWeight({ a: 1 }) }, aSnapshot('a'))
    const reborn = createSnapshot([aClusterRow({ name: 'a', id: 'another', ready: false })])
    expect(decide({ placement: byWeight({ a: 1 }), previous: first }, reborn).clusters).toEqual([])
  })

  test('moves an object without replicas: the new copy first', () => {
    const whole = { apiVersion: 'v1', kind: 'ConfigMap', replicas: undefined as never }
    const only = (name: string) => ({ ...whole, placement: { clusterAffinity: { clusterNames: [name] } } })
    const first = decide(only('a'), aSnapshot('a', 'b'))
    const second = moved(first, only('b'), aSnapshot('a', 'b'))
    expect(second.clusters).toEqual([
      { name: 'a', id: 'id-a', replicas: 0, from: 1 },
      { name: 'b', id: 'id-b', from: 0 },
    ])
    expect(moved(second, only('b'), aSnapshot('a', 'b'), true).clusters).toEqual([{ name: 'b', id: 'id-b' }])
  })
})

const clusterNames = ['a', 'b', 'c', 'd', 'e', 'f']
const anyCluster = fc.record({
  ready: fc.boolean(),
  suspended: fc.boolean(),
  taints: fc.subarray([noSchedule, { key: 'gone', effect: 'NoExecute' as const }]),
})
const anyFleet = fc
  .tuple(...clusterNames.map(() => anyCluster))
  .map((rows) => rows.map((row, at) => aClusterRow({ name: clusterNames[at] ?? '', ...row })))
const anyPlacement = fc.oneof(
  fc.constant<ScheduleRequest['placement']>({}),
  fc.dictionary(fc.constantFrom(...clusterNames), fc.nat(5)).map(byWeight),
  fc.dictionary(fc.constantFrom(...clusterNames), fc.nat(5)).map((counts) => byCount(Object.entries(counts))),
)
const runs = { numRuns: 1000 }

describe('properties of schedule()', () => {
  test('shuffled clusters give identical bytes', () => {
    const given = fc.tuple(anyFleet, anyPlacement, fc.nat(30)).chain(([fleet, placement, replicas]) =>
      fc.record({
        fleet: fc.constant(fleet),
        shuffled: fc.shuffledSubarray(fleet, { minLength: fleet.length }),
        request: fc.constant({ placement, replicas }),
      }),
    )
    fc.assert(
      fc.property(given, ({ fleet, shuffled, request }) => {
        const one = decide(request, createSnapshot(fleet))
        expect(JSON.stringify(decide(request, createSnapshot(shuffled)))).toBe(JSON.stringify(one))
      }),
      runs,
    )
  })

  test('no input change is no move, and deciding twice is deciding once', () => {
    fc.assert(
      fc.property(anyFleet, anyFleet, anyPlacement, anyPlacement, fc.nat(30), (before, after, one, other, replicas) => {
        const first = decide({ placement: one, replicas }, createSnapshot(before))
        const request = { placement: other, replicas }
        const second = decide({ ...request, previous: first }, createSnapshot(after))
        // A cluster that only could be used since it held the object is no longer explained so once it does not.
        const third = decide({ ...request, previous: second }, createSnapshot(after))
        expect(third.clusters).toEqual(second.clusters)
        expect(decide({ ...request, previous: third }, createSnapshot(after))).toBe(third)
        const ended = decide({ ...request, previous: third, isGrowthReady: true }, createSnapshot(after))
        const settled = decide({ ...request, previous: ended, isGrowthReady: true }, createSnapshot(after))
        expect(settled.clusters).toEqual(ended.clusters)
        expect(decide({ ...request, previous: settled, isGrowthReady: true }, createSnapshot(after))).toBe(settled)
      }),
      runs,
    )
  })

  test('never decides more replicas than the template has, except Duplicated', () => {
    fc.assert(
      fc.property(anyFleet, anyPlacement, fc.nat(30), (fleet, placement, replicas) => {
        fc.pre(placement.replicaScheduling !== undefined)
        const decision = decide({ placement, replicas }, createSnapshot(fleet))
        const placed = decision.clusters.reduce((total, cluster) => total + (cluster.replicas ?? 0), 0)
        expect(placed + (decision.shortfall?.missingReplicas ?? 0)).toBe(replicas)
      }),
      runs,
    )
  })

  test('an infeasible cluster added changes nothing', () => {
    fc.assert(
      fc.property(anyFleet, anyPlacement, fc.nat(30), (fleet, placement, replicas) => {
        const more = [aClusterRow({ name: '0', kinds: new Set() }), ...fleet]
        const { clusters, explanation } = decide({ placement, replicas }, createSnapshot(fleet))
        const again = decide({ placement, replicas }, createSnapshot(more))
        expect(again.clusters).toEqual(clusters)
        expect(again.explanation.inputHash).toBe(explanation.inputHash)
      }),
      runs,
    )
  })

  test('losing a cluster moves only its replicas when others are bound only by weights', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.constantFrom('a', 'b', 'c'), (replicas, lost) => {
        const placement = byWeight({ a: 3, b: 2, c: 1 })
        const before = replicasOf(decide({ placement, replicas }, aSnapshot('a', 'b', 'c')))
        const rest = ['a', 'b', 'c'].filter((name) => name !== lost)
        const after = replicasOf(decide({ placement, replicas }, aSnapshot(...rest)))
        for (const name of rest) expect(Number(after[name] ?? 0)).toBeGreaterThanOrEqual(Number(before[name] ?? 0))
      }),
      runs,
    )
  })

  test('what clusters had is kept in total while a move goes on', () => {
    fc.assert(
      fc.property(fc.array(anyPlacement, { minLength: 2, maxLength: 5 }), fc.nat(30), (placements, replicas) => {
        const snapshot = aSnapshot(...clusterNames)
        let previous = decide({ placement: placements[0] ?? {}, replicas }, snapshot)
        const held = new Map(previous.clusters.map(({ id, replicas: count = 0 }) => [id, count]))
        for (const placement of placements.slice(1)) {
          const next = decide({ placement, replicas, previous }, snapshot)
          const grows = next.clusters.some(({ from, replicas: count = 0 }) => from !== undefined && count > from)
          if (!grows) return
          for (const [id, count] of held) {
            const entry = next.clusters.find((cluster) => cluster.id === id)
            expect(Math.max(entry?.from ?? 0, entry?.replicas ?? 0)).toBeGreaterThanOrEqual(count)
          }
          previous = next
        }
      }),
      runs,
    )
  })
})
