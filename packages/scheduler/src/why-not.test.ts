import { type WhyNot, whyNotSchema } from '@flotilla/api/why-not'
import { parseQuantity } from '@flotilla/machinery/quantity'
import type { Schema } from '@flotilla/machinery/schema'
import { validateValue } from '@flotilla/machinery/validate'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byCount, byRoom, byWeight, replicasOf, roomFor } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot } from './snapshot.ts'
import { whyNot } from './why-not.ts'

type Row = Partial<ClusterRow> & { readonly name: string }
type Placement = ScheduleRequest['placement']

const at = (name: string, pods: number, more: Partial<ClusterRow> = {}): Row => ({ name, ...roomFor(pods), ...more })
const eu = { region: 'eu' }
const us = { region: 'us' }
const cpu = (text: string, count: number): Pick<ClusterRow, 'shapes'> => ({
  shapes: [
    {
      free: new Map([
        ['cpu', parseQuantity(text)],
        ['pods', parseQuantity(9)],
      ]),
      labels: {},
      taints: [],
      count,
    },
  ],
})
const spread = (placement: Placement, constraint: object): Placement => ({
  ...placement,
  spreadConstraints: [{ spreadByField: 'region', ...constraint }],
})
const tiers = {
  clusterAffinities: [
    { affinityName: 'home', clusterNames: ['a'] },
    { affinityName: 'cloud', clusterNames: ['z'] },
  ],
}
const bounded: Placement = {
  replicaScheduling: {
    replicaSchedulingType: 'Divided',
    weightPreference: {
      staticWeightList: [
        { targetCluster: { clusterNames: ['z'] }, weight: 1, maxReplicas: 0 },
        { targetCluster: {}, weight: 1, minReplicas: 3 },
      ],
    },
  },
}

/** Always of cluster z. `replicas: 'none'`: an object without. */
function ask(
  given: Omit<Partial<ScheduleRequest>, 'replicas'> & { replicas: number | 'none' },
  clusters: readonly Row[],
) {
  const { replicas: _, ...request } = { ...aRequest(), ...given }
  const asked = given.replicas === 'none' ? request : { ...request, replicas: given.replicas }
  return whyNot(asked, createSnapshot(clusters.map(aClusterRow)), 'id-z')
}

const table: readonly {
  readonly name: string
  readonly given: Parameters<typeof ask>[0]
  readonly clusters: readonly Row[]
  readonly verdict: WhyNot['verdict']
  /** `RULE: MESSAGE`. */
  readonly reasons: readonly string[]
  readonly relax: readonly string[]
  /** `FROM>TO` by cluster. */
  readonly moves: Readonly<Record<string, string>>
}[] = [
  {
    name: 'tells of a weight of 0',
    given: { placement: byWeight({ a: 2, b: 1 }), replicas: 6 },
    clusters: [at('a', 9), at('b', 9), at('z', 9)],
    verdict: 'Barred',
    reasons: ['staticWeightList: its weight is 0 of 3'],
    relax: ['staticWeightList: its weight is 1'],
    moves: { a: '4>3', z: '0>1' },
  },
  {
    name: 'tells of a weight too small for a replica',
    given: { placement: byWeight({ a: 3, b: 3, z: 1 }), replicas: 2 },
    clusters: [at('a', 9), at('b', 9), at('z', 9)],
    verdict: 'Possible',
    reasons: ['staticWeightList: weight 1 of 7, which is 0.29 of 2 replicas'],
    relax: [],
    moves: { b: '1>0', z: '0>1' },
  },
  {
    name: 'tells of bounds, its own and those of others',
    given: { placement: bounded, replicas: 2 },
    clusters: [at('a', 9), at('z', 9)],
    verdict: 'Barred',
    reasons: ['staticWeightList: its maxReplicas is 0', 'minReplicas: minReplicas of others come first: 3'],
    relax: ['staticWeightList: its maxReplicas is 1', 'minReplicas: without minReplicas'],
    moves: { a: '2>1', z: '0>1' },
  },
  {
    name: 'tells of every filter, and of what is free and asked for',
    given: {
      placement: { ...byRoom, clusterAffinity: { exclude: ['z'] } },
      replicas: 4,
      requirements: { resourceRequest: { cpu: '2' } },
    },
    clusters: [
      at('a', 0, cpu('9', 1)),
      at('z', 0, {
        ready: false,
        notReadyReason: 'no route',
        suspended: true,
        deleting: true,
        kinds: new Set(),
        taints: [{ key: 'gpu', effect: 'NoSchedule' }],
        ...cpu('1500m', 2),
      }),
    ],
    verdict: 'Barred',
    reasons: [
      'ClusterAffinity: the policy excludes z',
      'TaintToleration: not tolerated: gpu:NoSchedule',
      'ApiSupport: it does not serve Deployment.apps',
      'NotReady: it is not Ready: no route',
      'Suspended: it is suspended (spec.suspend)',
      'Deleting: it is being unregistered',
      'Room: a replica asks for cpu 2, pods 1; most free on one of 2 nodes: cpu 1500m, pods 9',
    ],
    relax: [
      'ClusterAffinity: clusterAffinity selects it',
      'TaintToleration: clusterTolerations tolerate its taints, or they are taken off',
      'ApiSupport: it serves Deployment of apps/v1',
      'NotReady: it is Ready again; see flotilla doctor cluster z',
      'Suspended: its spec.suspend is off',
      'Deleting: it is registered again',
      'Room: it has room for 1 replica (cpu 2, pods 1)',
    ],
    moves: { a: '4>3', z: '0>1' },
  },
  {
    name: 'tells of nodes that none of it may run on',
    given: { placement: byRoom, replicas: 4, requirements: { nodeClaim: { nodeSelector: { disk: 'ssd' } } } },
    clusters: [at('z', 9)],
    verdict: 'Barred',
    reasons: ['Room: a replica asks for pods 1; none of 1 nodes is one that it may run on'],
    relax: ['Room: it has room for 1 replica (pods 1)'],
    moves: { z: '0>1' },
  },
  {
    name: 'tells of room that is not known',
    given: { placement: byRoom, replicas: 4 },
    clusters: [at('a', 9), { name: 'z' }],
    verdict: 'Barred',
    reasons: ['Room: its free room is not known yet'],
    relax: ['Room: it has room for 1 replica (pods 1)'],
    moves: { a: '4>3', z: '0>1' },
  },
  {
    name: 'tells of fewer clusters that suffice',
    given: { placement: aggregated, replicas: 4 },
    clusters: [at('a', 9), at('z', 3)],
    verdict: 'Possible',
    reasons: ['Aggregated: as few clusters as suffice have the 4: a 4; it may have 3'],
    relax: [],
    moves: { a: '4>3', z: '0>1' },
  },
  {
    name: 'tells of room too small for a replica in proportion',
    given: { placement: byRoom, replicas: 2 },
    clusters: [at('a', 9), at('z', 1)],
    verdict: 'Possible',
    reasons: ['dynamicWeight: room 1 of 10, which is 0.2 of 2 replicas; what is placed stays where it is'],
    relax: [],
    moves: { a: '2>1', z: '0>1' },
  },
  {
    name: 'tells of earlier tiers that have it all',
    given: { placement: { ...byRoom, ...tiers }, replicas: 2 },
    clusters: [at('a', 9), at('z', 1)],
    verdict: 'Possible',
    reasons: ['clusterAffinities: it is in tier cloud (2 of 2); those before it have 2 of 2'],
    relax: [],
    moves: { a: '2>1', z: '0>1' },
  },
  {
    name: 'tells of an earlier tier of an object without replicas',
    given: { placement: tiers, replicas: 'none' },
    clusters: [at('a', 9), at('z', 1)],
    verdict: 'Barred',
    reasons: ['clusterAffinities: it is in tier cloud (2 of 2); tier home (1 of 2) has clusters to use'],
    relax: ['clusterAffinities: the first of clusterAffinities selects it'],
    moves: { z: '0>1' },
  },
  {
    name: 'tells of the domain that is used in place of its own',
    given: { placement: spread({}, { maxGroups: 1 }), replicas: 'none' },
    clusters: [at('a', 9, eu), at('b', 9, eu), at('c', 9, eu), at('z', 5, us)],
    verdict: 'Barred',
    reasons: ['maxGroups: maxGroups 1: by region eu has 3; it is in us, which has 0'],
    relax: ['maxGroups: without maxGroups 1 by region'],
    moves: { z: '0>1' },
  },
  {
    name: 'tells what its domain would take from others',
    given: { placement: spread(byRoom, { maxGroups: 1 }), replicas: 4 },
    clusters: [at('a', 9, eu), at('z', 5, us)],
    verdict: 'Possible',
    reasons: [
      'dynamicWeight: room 5 of 14, which is 1.43 of 4 replicas; what is placed stays where it is',
      'spreadConstraints: maxGroups 1: by region eu has 4; it is in us, which has 0',
    ],
    relax: [],
    moves: { a: '4>0', z: '0>4' },
  },
  {
    name: 'tells of no domain',
    given: { placement: spread(byRoom, { maxGroups: 1 }), replicas: 4 },
    clusters: [at('a', 9, eu), at('z', 5)],
    verdict: 'Barred',
    reasons: ['SpreadConstraint: it has no region'],
    relax: ['SpreadConstraint: without spreadConstraints by region'],
    moves: { a: '4>3', z: '0>1' },
  },
  {
    name: 'tells of each of several constraints, and lifts the one that forbids it',
    given: {
      placement: {
        spreadConstraints: [
          { spreadByField: 'region', maxGroups: 2 },
          { spreadByField: 'cluster', maxGroups: 2 },
        ],
      },
      replicas: 'none',
    },
    clusters: [at('a', 9, eu), at('b', 9, eu), at('z', 5, eu)],
    verdict: 'Barred',
    reasons: ['maxGroups: maxGroups 2: by cluster a has 1, b has 1; it is in z, which has 0'],
    relax: ['maxGroups: without maxGroups 2 by cluster'],
    moves: { z: '0>1' },
  },
  {
    name: 'tells what another domain has that minGroups asks for',
    given: {
      placement: {
        ...byRoom,
        spreadConstraints: [
          { spreadByField: 'provider', maxGroups: 1 },
          { spreadByField: 'region', maxGroups: 1 },
          { spreadByField: 'cluster', minGroups: 2 },
        ],
      },
      replicas: 4,
    },
    clusters: [
      at('a', 9, { ...eu, provider: 'p' }),
      at('b', 9, { ...eu, provider: 'p' }),
      at('z', 50, { ...us, provider: 'q' }),
    ],
    verdict: 'Barred',
    reasons: ['minGroups: minGroups 2: by cluster a has 2, b has 2; it is in z, which has 0'],
    relax: ['minGroups: without minGroups 2 by cluster'],
    moves: { a: '2>0', b: '2>0', z: '0>4' },
  },
  {
    name: 'tells which constraints cross',
    given: {
      placement: { spreadConstraints: [{ spreadByField: 'region' }, { spreadByLabel: 'rack' }] },
      replicas: 'none',
    },
    clusters: [
      at('a', 9, { ...eu, labels: { rack: 'r1' } }),
      at('b', 9, { ...eu, labels: { rack: 'r2' } }),
      at('z', 5, { ...us, labels: { rack: 'r1' } }),
    ],
    verdict: 'Barred',
    reasons: [
      'spreadConstraints: spreadConstraints by region and by label rack cross: label rack r1 has clusters of region eu (a), region us (z); leave one of the two out, or have each label rack lie in one region',
    ],
    relax: ['spreadConstraints: without spreadConstraints by region'],
    moves: { a: '0>1', b: '0>1', z: '0>1' },
  },
  {
    name: 'tells of all or nothing',
    given: { placement: { ...byRoom, partialPlacement: 'Deny' }, replicas: 9 },
    clusters: [at('a', 3), at('z', 5)],
    verdict: 'Barred',
    reasons: [
      'partialPlacement: partialPlacement is Deny, so nothing is added: 8 of 9 replicas have a place: a is full with 3, z is full with 5. Smallest change: room for 1 more',
    ],
    relax: ['partialPlacement: partialPlacement is Allow'],
    moves: { a: '0>3', z: '0>5' },
  },
  {
    name: 'tells of no count',
    given: { placement: byCount([['a', 5]]), replicas: 9 },
    clusters: [at('a', 3), at('z', 5)],
    verdict: 'Barred',
    reasons: ['counts: its count is 0: no entry of counts gives z any'],
    relax: ['counts: counts give z 1'],
    moves: { z: '0>1' },
  },
  {
    name: 'tells of counts that come first',
    given: {
      placement: byCount([
        ['a', 9],
        ['z', 2],
      ]),
      replicas: 9,
    },
    clusters: [at('a', 3), at('z', 5)],
    verdict: 'Possible',
    reasons: ['counts: its count is 2; counts have placed 9 of 9 replicas in their order'],
    relax: [],
    moves: { a: '9>8', z: '0>1' },
  },
  {
    name: 'tells of a template of no replicas what its first would do',
    given: {
      placement: byRoom,
      replicas: 0,
      isGrowthReady: true,
      previous: schedule(aRequest({ placement: byRoom }), createSnapshot([aClusterRow(at('a', 99))]), {
        trigger: 'Test',
      }),
    },
    clusters: [at('a', 9), at('z', 0)],
    verdict: 'Barred',
    reasons: [
      'replicas: the template asks for 0 replicas; this is about its first',
      'Room: a replica asks for pods 1; most free on one of 1 nodes: pods 0',
    ],
    relax: ['Room: it has room for 1 replica (pods 1)'],
    moves: { a: '1>0', z: '0>1' },
  },
  {
    name: 'tells of a Job that has nothing to complete what its first would do',
    given: { placement: byWeight({ a: 1 }), replicas: 4, completions: 0, apiVersion: 'batch/v1', kind: 'Job' },
    clusters: [at('a', 9), at('z', 9)],
    verdict: 'Barred',
    reasons: [
      'replicas: the template asks for 0 replicas; this is about its first',
      'staticWeightList: its weight is 0 of 1',
    ],
    relax: ['staticWeightList: its weight is 1'],
    moves: { a: '1>0', z: '0>1' },
  },
  {
    name: 'tells of a policy that takes away what is there, and not of what only stops growth',
    given: {
      placement: { clusterAffinity: { clusterNames: ['a'] } },
      replicas: 2,
      isGrowthReady: true,
      previous: schedule(aRequest({ replicas: 2 }), createSnapshot([aClusterRow(at('z', 9))]), { trigger: 'Test' }),
    },
    clusters: [at('a', 9), at('z', 9, { suspended: true })],
    verdict: 'Barred',
    reasons: ['ClusterAffinity: the policy names other clusters, not z', 'Suspended: it is suspended (spec.suspend)'],
    relax: ['ClusterAffinity: clusterAffinity selects it'],
    moves: { z: '0>2' },
  },
  {
    name: 'says that it is there, by weight',
    given: { placement: byWeight({ a: 1, z: 2 }), replicas: 9 },
    clusters: [at('a', 3), at('z', 5)],
    verdict: 'Placed',
    reasons: ['staticWeightList: weight 2 of 3, which is 6 of 9 replicas'],
    relax: [],
    moves: {},
  },
  {
    name: 'says that it is there and full, of what is partly placed',
    given: { placement: byRoom, replicas: 9 },
    clusters: [at('a', 3), at('z', 5)],
    verdict: 'Placed',
    reasons: ['Room: it is full with 5'],
    relax: [],
    moves: {},
  },
  {
    name: 'says that it is there and its domain full',
    given: { placement: spread(byRoom, { maxSharePercent: 40 }), replicas: 9 },
    clusters: [at('a', 3, eu), at('z', 5, us)],
    verdict: 'Placed',
    reasons: [
      'dynamicWeight: room 5 of 8, which is 5.63 of 9 replicas; what is placed stays where it is',
      'spreadConstraints: maxSharePercent 40: by region eu has 3; it is in us, which has 4',
    ],
    relax: [],
    moves: {},
  },
  {
    name: 'says that it is there and keeps it',
    given: {
      placement: {},
      replicas: 2,
      isGrowthReady: true,
      previous: schedule(aRequest({ replicas: 2 }), createSnapshot([aClusterRow(at('z', 9))]), { trigger: 'Test' }),
    },
    clusters: [at('z', 9, { ready: false, notReadyReason: 'no route' })],
    verdict: 'Placed',
    reasons: ['NotReady: it is not Ready: no route'],
    relax: [],
    moves: {},
  },
]

describe('whyNot()', () => {
  test.each(table)('$name', ({ given, clusters, verdict, reasons, relax, moves }) => {
    const answer = ask(given, clusters)
    expect({
      verdict: answer.verdict,
      reasons: answer.reasons.map(({ rule, message }) => `${rule}: ${message}`),
      relax: answer.relax.map(({ rule, change }) => `${rule}: ${change}`),
      moves: Object.fromEntries(answer.moves.map(({ cluster, from, to }) => [cluster, `${from}>${to}`])),
    }).toEqual({ verdict, reasons, relax, moves })
  })

  test.each(table)('answers as its schema says: $name', ({ given, clusters }) => {
    const root = JSON.parse(JSON.stringify(whyNotSchema)) as Schema
    expect(validateValue({ root, resolve: () => undefined }, ask(given, clusters))).toEqual([])
  })

  test.each([
    { replicas: 9, want: { cluster: 'z', replicas: 5, total: 9, estimate: 5 } },
    { replicas: 'none' as const, want: { cluster: 'z' } },
  ])('gives the numbers of $replicas replicas', ({ replicas, want }) => {
    const {
      verdict,
      reasons: _,
      relax: __,
      moves: ___,
      ...numbers
    } = ask({ placement: byRoom, replicas }, [at('z', 5)])
    expect([verdict, numbers]).toEqual(['Placed', want])
  })

  test('names one tier to change where clusters of other tiers would hold everything back', () => {
    const cloud = { affinityName: 'cloud', clusterNames: ['y', 'z'] }
    const tiersOf = (...home: string[]) => [{ affinityName: 'home', clusterNames: home }, cloud]
    const previous = schedule(aRequest({ replicas: 1 }), createSnapshot([aClusterRow({ name: 'y' })]), {
      trigger: 'Test',
    })
    const denied = { partialPlacement: 'Deny' } as const
    const given = {
      placement: { ...denied, clusterAffinities: tiersOf('a') },
      replicas: 2,
      isGrowthReady: true,
      previous,
    }
    const clusters = [at('a', 9), at('y', 9, { ready: false }), at('z', 9)]
    const { relax, moves } = ask(given, clusters)
    expect(relax).toEqual([{ rule: 'clusterAffinities', change: 'the first of clusterAffinities selects it' }])
    expect(moves).toEqual([{ cluster: 'z', from: 0, to: 2 }])

    const countsBy = (placement: Placement) =>
      replicasOf(
        schedule(aRequest({ ...given, placement }), createSnapshot(clusters.map(aClusterRow)), { trigger: 'Test' }),
      )
    expect(countsBy({ ...denied, clusterAffinities: tiersOf('a', 'z') })).toMatchObject({ z: 2 })
    expect(countsBy(denied)).not.toHaveProperty('z')
  })

  test('refuses a cluster that there is not', () => {
    expect(() => ask({ replicas: 1 }, [at('a', 1)])).toThrow('Cannot say why not on id-z: there is no such cluster')
  })
})
