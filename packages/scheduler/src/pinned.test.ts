// Decisions of a policy that reschedules nothing: what moves them, and what does not.
import type { Placement } from '@flotilla/api/placement'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight, replicasOf, roomFor } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot } from './snapshot.ts'

interface Cluster extends Partial<ClusterRow> {
  readonly room?: number
}

type Clusters = Readonly<Record<string, Cluster>>

function snapshotOf(clusters: Clusters) {
  return createSnapshot(
    Object.entries(clusters).map(([name, { room = 30, ...row }]) => aClusterRow({ name, ...roomFor(room), ...row })),
  )
}

const edge = { labels: { site: 'edge' } }
const onEdge = { clusterAffinity: { labelSelector: { matchLabels: { site: 'edge' } } } }
const evenly: Placement = { replicaScheduling: { replicaSchedulingType: 'Divided' } }
const noExecute = { taints: [{ key: 'drain', effect: 'NoExecute' as const }] }

/** What is decided first, and then, by cluster. */
function decide(placement: Placement, before: Clusters, after: Clusters, then: Partial<ScheduleRequest> = {}) {
  const request = aRequest({ replicas: 6, placement, isPinned: true })
  const previous = schedule(request, snapshotOf(before), { trigger: 'Test' })
  const next = schedule({ ...request, previous, isGrowthReady: true, ...then }, snapshotOf(after), { trigger: 'Test' })
  return { first: replicasOf(previous), after: replicasOf(next), isSame: next === previous }
}

const changes: readonly {
  name: string
  placement: Placement
  before: Clusters
  after: Clusters
  pinned: Readonly<Record<string, number>>
  otherwise: Readonly<Record<string, number>>
}[] = [
  {
    name: 'a cluster that the policy selects no more',
    placement: { ...byRoom, ...onEdge },
    before: { a: edge, b: edge },
    after: { a: edge, b: {} },
    pinned: { a: 3, b: 3 },
    otherwise: { a: 6, b: 0 },
  },
  {
    name: 'a cluster that comes to share by weight',
    placement: evenly,
    before: { a: {}, b: {} },
    after: { a: {}, b: {}, c: {} },
    pinned: { a: 3, b: 3 },
    otherwise: { a: 2, b: 2, c: 2 },
  },
  {
    name: 'a label that takes its domain from a cluster',
    placement: { ...byRoom, spreadConstraints: [{ spreadByLabel: 'site', minGroups: 1 }] },
    before: { a: edge, b: edge },
    after: { a: edge, b: {} },
    pinned: { a: 3, b: 3 },
    otherwise: { a: 6, b: 0 },
  },
  {
    name: 'an earlier tier that has room again',
    placement: {
      ...byRoom,
      clusterAffinities: [
        { affinityName: 'home', clusterNames: ['a'] },
        { affinityName: 'cloud', clusterNames: ['b'] },
      ],
    },
    before: { a: { room: 2 }, b: {} },
    after: { a: { room: 30 }, b: {} },
    pinned: { a: 2, b: 4 },
    otherwise: { a: 6, b: 0 },
  },
]

describe('schedule() of what is pinned', () => {
  test.each(changes)('stays in spite of $name', ({ placement, before, after, pinned, otherwise }) => {
    expect(decide(placement, before, after)).toMatchObject({ after: pinned, first: pinned, isSame: true })
    expect(decide(placement, before, after, { isPinned: false }).after).toEqual(otherwise)
  })

  test('is decided as a whole once more replicas are asked for', () => {
    const { after } = decide({ ...byRoom, ...onEdge }, { a: edge, b: edge }, { a: edge, b: {} }, { replicas: 8 })
    expect(after).toEqual({ a: 8, b: 0 })
  })

  test('leaves where it must: a taint, a cluster that is gone', () => {
    expect(decide(byRoom, { a: {}, b: {} }, { a: {}, b: noExecute }).after).toEqual({ a: 6, b: 0 })
    expect(decide(byRoom, { a: {}, b: {} }, { a: {} }).after).toEqual({ a: 6 })
  })

  test('places what had no place without moving the rest', () => {
    const placement = { ...byRoom, ...onEdge }
    const full = { a: { ...edge, room: 2 }, b: { ...edge, room: 2 } }
    const { first, after: last } = decide(placement, full, { a: { ...edge, room: 9 }, b: { room: 9 } })
    expect(first).toEqual({ a: 2, b: 2 })
    expect(last).toEqual({ a: 4, b: 2 })
  })

  test('never shrinks for labels, rooms and clusters that come', () => {
    const cluster = fc.record({ isEdge: fc.boolean(), room: fc.nat(12) })
    const fleet = fc.array(cluster, { minLength: 4, maxLength: 4 })
    const placements = fc.constantFrom<Placement>(
      { ...byRoom, ...onEdge },
      { ...aggregated, ...onEdge },
      { ...byWeight({ a: 3, b: 2, c: 1, d: 1 }), ...onEdge },
      onEdge,
    )
    const toClusters = (all: readonly { isEdge: boolean; room: number }[]): Clusters =>
      Object.fromEntries(all.map(({ isEdge, room }, at) => ['abcd'[at] ?? '', isEdge ? { ...edge, room } : { room }]))
    fc.assert(
      fc.property(placements, fleet, fleet, fc.integer({ min: 0, max: 3 }), (placement, before, after, came) => {
        const known = Object.fromEntries(Object.entries(toClusters(before)).slice(came))
        const { first, after: last } = decide(placement, known, toClusters(after))
        for (const [name, count] of Object.entries(first)) expect(last[name]).toBeGreaterThanOrEqual(Number(count))
      }),
      { numRuns: 1_000 },
    )
  })
})
