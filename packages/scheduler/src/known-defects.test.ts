// What schedulers of other projects get wrong, one case each. Sources: docs/scheduling.md "Where others do it
// differently".
import type { Decision } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aFleet, aRequest, byRoom, byWeight, replicasOf, roomFor } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot, type Snapshot } from './snapshot.ts'

type Cluster = Partial<ClusterRow> & { readonly name: string }

const decide = (request: Partial<ScheduleRequest>, snapshot: Snapshot): Decision =>
  schedule(aRequest({ isGrowthReady: true, ...request }), snapshot, { trigger: 'Test' })
const of = (...clusters: readonly Cluster[]): Snapshot => createSnapshot(clusters.map(aClusterRow))
const equally = byWeight({ a: 1, b: 1, c: 1 })
const counts = (decision: Decision) => decision.clusters.map(({ replicas = 0 }) => replicas)

describe('schedule() where others fail', () => {
  test('gives every cluster of weights 1:1:1 one of 4 replicas (rounding up gives 2, 2, 0)', () => {
    const decision = decide({ replicas: 4, placement: equally }, aFleet({ a: 0, b: 0, c: 0 }))
    expect(counts(decision).toSorted((one, other) => one - other)).toEqual([1, 1, 2])
  })

  test('takes nothing away when a replica is added (largest remainders do: weights 6:6:2, 10 and 11 replicas)', () => {
    const placement = byWeight({ a: 6, b: 6, c: 2 })
    const fleet = aFleet({ a: 0, b: 0, c: 0 })
    const ten = counts(decide({ replicas: 10, placement }, fleet))
    const eleven = counts(decide({ replicas: 11, placement }, fleet))
    expect(eleven.every((count, at) => count >= (ten[at] ?? 0))).toBe(true)
  })

  test('honours spread constraints with static weights', () => {
    const placement = { ...equally, spreadConstraints: [{ spreadByField: 'region' as const, maxSharePercent: 50 }] }
    const fleet = of({ name: 'a', region: 'eu' }, { name: 'b', region: 'eu' }, { name: 'c', region: 'us' })
    expect(replicasOf(decide({ replicas: 8, placement }, fleet))).toEqual({ a: 2, b: 2, c: 4 })
  })

  test.each([
    ['zone', { spreadByField: 'zone' as const }],
    ['label', { spreadByLabel: 'rack' }],
  ])('spreads by %s', (_, topology) => {
    const placement = { ...equally, spreadConstraints: [{ ...topology, maxSkew: 1 }] }
    const at = (name: string, place: string) => ({ name, zones: [place], labels: { rack: place } })
    const decision = decide({ replicas: 8, placement }, of(at('a', '1'), at('b', '1'), at('c', '2')))
    expect(replicasOf(decision)).toEqual({ a: 2, b: 2, c: 4 })
  })

  test('chooses the region that has room, not the one with more clusters', () => {
    const placement = { ...byRoom, spreadConstraints: [{ spreadByField: 'region' as const, maxGroups: 1 }] }
    const many = ['a', 'b', 'c'].map((name) => ({ name, region: 'eu', ...roomFor(2) }))
    expect(
      replicasOf(decide({ replicas: 8, placement }, of(...many, { name: 'd', region: 'us', ...roomFor(8) }))),
    ).toEqual({
      d: 8,
    })
  })

  test('places 8 at once where 1 to 8 stepwise fit', () => {
    expect(replicasOf(decide({ replicas: 8, placement: byRoom }, aFleet({ a: 5, b: 2, c: 1 })))).toEqual({
      a: 5,
      b: 2,
      c: 1,
    })
  })

  test('places 95 of 100', () => {
    const decision = decide({ replicas: 100, placement: byRoom }, aFleet({ a: 60, b: 35 }))
    expect(replicasOf(decision)).toEqual({ a: 60, b: 35 })
    expect(decision.shortfall?.missingReplicas).toBe(5)
  })

  test('goes back to an earlier tier', () => {
    const clusterAffinities = [
      { affinityName: 'home', clusterNames: ['a'] },
      { affinityName: 'away', clusterNames: ['b'] },
    ]
    const placement = { ...byRoom, clusterAffinities }
    const away = decide({ replicas: 4, placement }, aFleet({ a: 0, b: 9 }))
    expect(replicasOf(away)).toEqual({ b: 4 })
    const returning = decide({ replicas: 4, placement, previous: away }, aFleet({ a: 5, b: 5 }))
    expect(replicasOf(decide({ replicas: 4, placement, previous: returning }, aFleet({ a: 1, b: 5 })))).toEqual({
      a: 4,
    })
  })

  test('follows the labels of clusters', () => {
    const placement = { ...byRoom, clusterAffinity: { labelSelector: { matchLabels: { env: 'prod' } } } }
    const prod = { labels: { env: 'prod' } }
    const first = decide(
      { replicas: 4, placement },
      of({ name: 'a', ...prod, ...roomFor(9) }, { name: 'b', ...roomFor(9) }),
    )
    const relabelled = of({ name: 'a', ...roomFor(5) }, { name: 'b', ...prod, ...roomFor(9) })
    const moving = decide({ replicas: 4, placement, previous: first }, relabelled)
    expect(moving.clusters).toMatchObject([
      { name: 'a', replicas: 0, from: 4 },
      { name: 'b', replicas: 4, from: 0 },
    ])
  })
})
