// Spread constraints whose domains cross: nothing is decided, and it is said why.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, replicasOf, roomFor } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot } from '../snapshot.ts'

type Placement = ScheduleRequest['placement']

describe('schedule() over domains that cross', () => {
  const constraints: readonly SpreadConstraint[] = [
    { spreadByField: 'region' },
    { spreadByLabel: 'rack', maxGroups: 2 },
  ]
  const rows = [
    { name: 'a', region: 'eu', labels: { rack: 'r1' } },
    { name: 'b', region: 'eu', labels: { rack: 'r2' } },
    { name: 'c', region: 'us', labels: { rack: 'r1' } },
  ]
  const crossing =
    'spreadConstraints by region and by label rack cross: label rack r1 has clusters of region eu (a), region us (c); leave one of the two out, or have each label rack lie in one region'
  const snapshot = createSnapshot(rows.map((row) => aClusterRow({ ...row, ...roomFor(9) })))
  const decideBy = (placement: Placement, previous?: Decision) =>
    schedule(aRequest({ placement, replicas: 6, isGrowthReady: true, ...(previous ? { previous } : {}) }), snapshot, {
      trigger: 'Test',
    })

  test('places nothing, and names both constraints and the clusters', () => {
    const { clusters, shortfall } = decideBy({ ...byRoom, spreadConstraints: constraints })
    expect(clusters).toEqual([])
    expect(shortfall).toEqual({
      reason: 'SpreadConstraintsCross',
      message: `${crossing}. Smallest change: without spreadConstraints by region, 6 more`,
      missingReplicas: 6,
    })
  })

  test.each([
    ['Weighted', byRoom],
    ['Aggregated', aggregated],
    ['Duplicated', {}],
  ])('keeps the last decision, whatever else speaks against it: %s', (_, division) => {
    const first = decideBy(division)
    const edited = { ...division, spreadConstraints: constraints, clusterAffinity: { exclude: ['a'] } }
    const cross = { ...division, spreadConstraints: constraints }
    const kept = decideBy(cross, first)
    expect(kept.clusters).toEqual(first.clusters)
    expect(kept.shortfall).toMatchObject({ reason: 'SpreadConstraintsCross', message: crossing, missingReplicas: 0 })
    expect(decideBy(cross, kept)).toBe(kept)
    // Without a nothing crosses any more.
    expect(decideBy(edited, kept).shortfall).toBeUndefined()
  })

  test('keeps what would have to leave: nothing takes its place', () => {
    const more = [...rows, { name: 'd', region: 'eu', labels: { rack: 'r2' } }]
    const [before, after] = [[], [{ key: 'down', effect: 'NoExecute' as const }]].map((taints) =>
      createSnapshot(
        more.map((row) => aClusterRow({ ...row, ...roomFor(9), ...(row.name === 'b' ? { taints } : {}) })),
      ),
    )
    const request = aRequest({ placement: byRoom, replicas: 8 })
    const first = schedule(request, before ?? snapshot, { trigger: 'Test' })
    const edited = { ...request, placement: { ...byRoom, spreadConstraints: constraints }, previous: first }
    const { clusters, shortfall } = schedule(edited, after ?? snapshot, { trigger: 'Test' })
    expect(clusters).toMatchObject([
      { name: 'a', replicas: 2 },
      { name: 'b', replicas: 0, from: 2 },
      { name: 'c', replicas: 2 },
      { name: 'd', replicas: 2 },
    ])
    expect(shortfall).toMatchObject({ reason: 'SpreadConstraintsCross', missingReplicas: 2 })
  })

  test('decides again once they nest', () => {
    const kept = decideBy({ ...byRoom, spreadConstraints: constraints })
    const nested: readonly SpreadConstraint[] = [{ spreadByField: 'cluster' }, { spreadByLabel: 'rack', maxGroups: 1 }]
    expect(replicasOf(decideBy({ ...byRoom, spreadConstraints: nested }, kept))).toEqual({ a: 3, c: 3 })
  })

  test('regions of one name in two providers cross them', () => {
    const two = createSnapshot(
      ['p', 'q'].map((provider) => aClusterRow({ name: provider, provider, region: 'west', ...roomFor(9) })),
    )
    const spreadConstraints: readonly SpreadConstraint[] = [{ spreadByField: 'provider' }, { spreadByField: 'region' }]
    const request = aRequest({ placement: { ...byRoom, spreadConstraints }, replicas: 2 })
    // One region and two providers: each provider lies in the region.
    expect(schedule(request, two, { trigger: 'Test' }).shortfall).toBeUndefined()
    const three = createSnapshot([
      ...two.clusters,
      aClusterRow({ name: 'r', provider: 'p', region: 'east', ...roomFor(9) }),
    ])
    expect(schedule(request, three, { trigger: 'Test' }).shortfall?.message).toContain(
      'spreadConstraints by provider and by region cross: region west has clusters of provider p (p), provider q (q)',
    )
  })
})
