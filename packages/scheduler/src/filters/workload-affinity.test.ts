import type { Topology } from '@flotilla/api/workload-affinity'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aRequest, byWeight, replicasOf } from '../fixtures.ts'
import type { Neighbours } from '../neighbours.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot } from '../snapshot.ts'
import { whyNot } from '../why-not.ts'
import { workloadAffinity, workloadAntiAffinity } from './workload-affinity.ts'

const options = { trigger: 'Test' }
const clusters = [
  { name: 'eu-1', region: 'eu', zones: ['a', 'b'] },
  { name: 'eu-2', region: 'eu', zones: ['b'], labels: { rack: 'r1' } },
  { name: 'us-1', region: 'us', zones: ['a'], labels: { rack: 'r1' } },
  { name: 'lab', labels: { rack: 'r2' } },
].map(aClusterRow)
const snapshot = createSnapshot(clusters)

/** `{ CLUSTER: names }` */
const company = (group: string, on: Readonly<Record<string, readonly string[]>>, topology: Topology = {}) => ({
  group,
  topology: Object.keys(topology).length === 0 ? ({ spreadByField: 'cluster' } as const) : topology,
  residents: new Map(
    Object.entries(on).map(([cluster, names]) => [
      `id-${cluster}`,
      new Map(names.map((name) => [`shop/${name}`, name])),
    ]),
  ),
})
const web = 'Deployment web'
const db = 'Deployment db'

/** What both filters say of each cluster, '' where they say nothing. */
function objections(neighbours: Partial<Neighbours>): Readonly<Record<string, string>> {
  const request = aRequest({ neighbours: { name: web, avoidedBy: [], ...neighbours } })
  const judges = [workloadAffinity, workloadAntiAffinity].map((filter) => filter.prepare(request, snapshot))
  return Object.fromEntries(
    clusters.map((cluster) => {
      const found = judges.flatMap((judge) => judge(cluster) ?? [])
      expect(found.every(({ effect }) => effect === 'NoGrowth')).toBe(true)
      return [cluster.name, found.map((each) => each.describe()).join(' and ')]
    }),
  )
}

const table: readonly {
  readonly name: string
  readonly given: Partial<Neighbours>
  readonly want: Readonly<Record<string, string>>
}[] = [
  {
    name: 'affinity takes clusters where one of the group is',
    given: { affinity: { ...company('app=db', { 'eu-1': [db] }), isMember: false, mayBeFirst: false } },
    want: {
      'eu-1': '',
      'eu-2': 'affinity to app=db: Deployment db is on eu-1',
      'us-1': 'affinity to app=db: Deployment db is on eu-1',
      lab: 'affinity to app=db: Deployment db is on eu-1',
    },
  },
  {
    name: 'affinity waits where nobody is placed',
    given: { affinity: { ...company('app=db', {}), isMember: false, mayBeFirst: false } },
    want: {
      'eu-1': 'affinity to app=db: none of them is placed',
      'eu-2': 'affinity to app=db: none of them is placed',
      'us-1': 'affinity to app=db: none of them is placed',
      lab: 'affinity to app=db: none of them is placed',
    },
  },
  {
    name: 'affinity takes any cluster for the first of a group',
    given: { affinity: { ...company('team=a', {}), isMember: true, mayBeFirst: true } },
    want: { 'eu-1': '', 'eu-2': '', 'us-1': '', lab: '' },
  },
  {
    name: 'affinity does not bind the only member of a group to where it is',
    given: { affinity: { ...company('team=a', { 'eu-1': [web] }), isMember: true, mayBeFirst: true } },
    want: { 'eu-1': '', 'eu-2': '', 'us-1': '', lab: '' },
  },
  {
    name: 'affinity of a member takes where others are, and where it is itself',
    given: { affinity: { ...company('team=a', { 'eu-1': [web], 'us-1': [db] }), isMember: true, mayBeFirst: false } },
    want: {
      'eu-1': '',
      'eu-2': 'affinity to team=a: Deployment db is on us-1',
      'us-1': '',
      lab: 'affinity to team=a: Deployment db is on us-1',
    },
  },
  {
    name: 'affinity holds for a whole region, and for no cluster without one',
    given: {
      affinity: {
        ...company('app=db', { 'eu-1': [db] }, { spreadByField: 'region' }),
        isMember: false,
        mayBeFirst: false,
      },
    },
    want: {
      'eu-1': '',
      'eu-2': '',
      'us-1': 'affinity to app=db in one region: Deployment db is on eu-1',
      lab: 'affinity to app=db in one region: it has no region',
    },
  },
  {
    name: 'antiAffinity leaves out clusters where another of the group is, not where it is itself',
    given: { antiAffinity: company('tier=ha', { 'eu-1': [web], 'us-1': [db, 'StatefulSet queue'] }) },
    want: {
      'eu-1': '',
      'eu-2': '',
      'us-1': 'antiAffinity to tier=ha: Deployment db, StatefulSet queue are on us-1',
      lab: '',
    },
  },
  {
    name: 'antiAffinity leaves out whatever shares a zone; zones of other regions are others',
    given: { antiAffinity: company('tier=ha', { 'eu-2': [db] }, { spreadByField: 'zone' }) },
    want: {
      'eu-1': 'antiAffinity to tier=ha in one zone: Deployment db is on eu-2',
      'eu-2': 'antiAffinity to tier=ha in one zone: Deployment db is on eu-2',
      'us-1': '',
      lab: '',
    },
  },
  {
    name: 'antiAffinity of others keeps it out, by what makes one place for them',
    given: { avoidedBy: [company('app=web', { 'eu-2': [db] }, { spreadByLabel: 'rack' })] },
    want: {
      'eu-1': '',
      'eu-2': 'antiAffinity of others to app=web in one label rack: Deployment db is on eu-2',
      'us-1': 'antiAffinity of others to app=web in one label rack: Deployment db is on eu-2',
      lab: '',
    },
  },
  {
    name: 'a cluster that is not registered any more is no place',
    given: { antiAffinity: company('tier=ha', { gone: [db] }) },
    want: { 'eu-1': '', 'eu-2': '', 'us-1': '', lab: '' },
  },
]

describe('workloadAffinity and workloadAntiAffinity', () => {
  test.each(table)('$name', ({ given, want }) => {
    expect(objections(given)).toEqual(want)
  })
})

describe('schedule() with neighbours', () => {
  const placement = byWeight({ 'eu-1': 1, 'us-1': 1 })

  test('evicts nothing where a rule is broken, adds nothing there, and says so', () => {
    const previous = schedule(aRequest({ replicas: 4, placement }), snapshot, options)
    const neighbours = { name: web, avoidedBy: [], antiAffinity: company('tier=ha', { 'us-1': [db] }) }
    const decision = schedule(aRequest({ replicas: 8, placement, previous, neighbours }), snapshot, options)
    expect(replicasOf(decision)).toEqual({ 'eu-1': 6, 'us-1': 2 })
    expect(decision.shortfall).toEqual({
      reason: 'AntiAffinityViolated',
      message: 'us-1 still has 2: antiAffinity to tier=ha: Deployment db is on us-1',
      missingReplicas: 0,
    })
  })

  test('why-not names the other workload', () => {
    const neighbours = { name: web, avoidedBy: [company('app=web', { 'us-1': [db] })] }
    const answer = whyNot(aRequest({ replicas: 4, placement, neighbours }), snapshot, 'id-us-1')
    expect(answer).toMatchObject({
      verdict: 'Barred',
      reasons: [
        { rule: 'WorkloadAntiAffinity', message: 'antiAffinity of others to app=web: Deployment db is on us-1' },
      ],
      relax: [{ rule: 'WorkloadAntiAffinity' }],
      moves: [
        { cluster: 'eu-1', from: 4, to: 2 },
        { cluster: 'us-1', from: 0, to: 2 },
      ],
    })
  })
})
