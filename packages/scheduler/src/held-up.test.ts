// Clusters are not emptied, nor shrunk, while what is to replace what they hold cannot grow or be relied on.
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aFleet, aRequest, byRoom, byWeight } from './fixtures.ts'
import { droppedClusters } from './move.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot, type Snapshot } from './snapshot.ts'

type Placement = ScheduleRequest['placement']

function decide(request: Partial<ScheduleRequest>, snapshot: Snapshot): Decision {
  return schedule(aRequest({ isGrowthReady: true, ...request }), snapshot, { trigger: 'Test' })
}

const fleetOf = (rows: Readonly<Record<string, Partial<ClusterRow>>>) =>
  createSnapshot(Object.entries(rows).map(([name, row]) => aClusterRow({ name, ...row })))

const only = (...clusterNames: string[]): Placement => ({ clusterAffinity: { clusterNames } })
const without = (name: string): Placement => ({ clusterAffinity: { exclude: [name] } })

const troubles: readonly (readonly [string, Partial<ClusterRow>])[] = [
  ['suspended', { suspended: true }],
  ['not Ready', { ready: false }],
  ['being unregistered', { deleting: true }],
]

describe.each(troubles)('schedule() while the cluster that is to have all is %s', (_, trouble) => {
  const healthy = fleetOf({ eu: {}, us: {} })
  const troubled = fleetOf({ eu: {}, us: trouble })

  test('keeps divided replicas where they are, and moves them once it can grow', () => {
    const placement = byWeight({ us: 1 })
    const first = decide({ placement: byWeight({ eu: 3, us: 1 }) }, healthy)
    const second = decide({ placement, previous: first }, troubled)
    expect(second.clusters).toEqual([
      { name: 'eu', id: 'id-eu', replicas: 0, from: 9 },
      { name: 'us', id: 'id-us', replicas: 3 },
    ])
    expect(second.shortfall).toMatchObject({ reason: 'PartiallyPlaced', missingReplicas: 9 })
    expect(decide({ placement, previous: second }, troubled)).toBe(second)
    const third = decide({ placement, previous: second }, healthy)
    expect(third.clusters).toMatchObject([
      { name: 'eu', replicas: 0, from: 9 },
      { name: 'us', replicas: 12, from: 3 },
    ])
    expect(decide({ placement, previous: third }, healthy).clusters).toEqual([
      { name: 'us', id: 'id-us', replicas: 12 },
    ])
  })

  test.each([
    ['a copy of all replicas', {}],
    ['an object without replicas', { apiVersion: 'v1', kind: 'ConfigMap', replicas: undefined as never }],
  ])('keeps %s on the other until then', (__, kind) => {
    const first = decide({ ...kind, placement: only('eu', 'us') }, healthy)
    const placement = only('us')
    const second = decide({ ...kind, placement, previous: first }, troubled)
    expect(second.clusters.map(({ name }) => name)).toEqual(['eu', 'us'])
    expect(decide({ ...kind, placement, previous: second }, troubled)).toBe(second)
    const third = decide({ ...kind, placement, previous: second }, healthy)
    expect(droppedClusters(second, third).map(({ name }) => name)).toEqual(['eu'])
  })

  test('scales down at once', () => {
    const placement = byWeight({ eu: 3, us: 1 })
    const first = decide({ placement }, healthy)
    expect(decide({ placement, replicas: 4, previous: first }, troubled).clusters).toEqual([
      { name: 'eu', id: 'id-eu', replicas: 3 },
      { name: 'us', id: 'id-us', replicas: 1 },
    ])
    expect(decide({ placement: without('eu'), replicas: 0, previous: first }, troubled).clusters).toEqual([
      { name: 'us', id: 'id-us', replicas: 0 },
    ])
  })
})

describe('schedule() of what is held up', () => {
  const dropped = { ...byRoom, ...without('eu') }
  const first = decide({ placement: byRoom, replicas: 12 }, aFleet({ eu: 12, us: 0 }))
  const moved = decide({ placement: dropped, previous: first }, aFleet({ eu: 0, us: 5 }))
  const ended = decide({ placement: dropped, previous: moved }, aFleet({ eu: 0, us: 0 }))

  test('keeps no more than has no place elsewhere', () => {
    expect(moved.clusters).toMatchObject([
      { name: 'eu', replicas: 0, from: 12 },
      { name: 'us', replicas: 5, from: 0 },
    ])
    expect(ended.clusters).toEqual([
      { name: 'eu', id: 'id-eu', replicas: 0, from: 7 },
      { name: 'us', id: 'id-us', replicas: 5 },
    ])
    expect(decide({ placement: dropped, previous: ended }, aFleet({ eu: 0, us: 0 }))).toBe(ended)
  })

  test('lets go what the policy itself has no place for', () => {
    const staticWeightList = [{ targetCluster: { clusterNames: ['us'] }, weight: 1, maxReplicas: 5 }]
    const placement = { replicaScheduling: { ...byRoom.replicaScheduling, weightPreference: { staticWeightList } } }
    const snapshot = fleetOf({ eu: {}, us: {} })
    const before = decide({ placement: byWeight({ eu: 7, us: 5 }) }, snapshot)
    expect(decide({ placement: placement as Placement, previous: before }, snapshot).clusters).toEqual([
      { name: 'us', id: 'id-us', replicas: 5 },
    ])
  })
})

const names = ['a', 'b', 'c', 'd']
const anyState = fc.constantFrom<Partial<ClusterRow>>({}, {}, { ready: false }, { suspended: true })
const anyStep = fc.record({
  weights: fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: 5 }), { minKeys: 1 }),
  excluded: fc.subarray(names, { maxLength: 3 }),
  states: fc.tuple(...names.map(() => anyState)),
})

test('schedule() never has fewer running than are wanted, whatever is edited and whichever clusters cannot grow', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(anyStep, { minLength: 1, maxLength: 6 }),
      (replicas, steps) => {
        const weighed = byWeight(Object.fromEntries(names.map((name) => [name, 1])))
        let previous = decide(
          { placement: weighed, replicas },
          fleetOf(Object.fromEntries(names.map((name) => [name, {}]))),
        )
        let pods = new Map(previous.clusters.map(({ name, replicas: count = 0 }) => [name, count]))
        for (const { weights, excluded, states } of steps) {
          const isUp = (name: string) => Object.keys(states[names.indexOf(name)] ?? {}).length === 0
          const snapshot = fleetOf(Object.fromEntries(names.map((name, index) => [name, states[index] ?? {}])))
          const placement = { ...byWeight(weights), clusterAffinity: { exclude: excluded } }
          for (let round = 0; round < 3; round += 1) {
            const isGrowthReady = previous.clusters.every(
              ({ name, replicas: count = 0, from }) =>
                from === undefined || count <= from || (pods.get(name) ?? 0) >= count,
            )
            previous = decide({ placement, replicas, previous, isGrowthReady }, snapshot)
            const held = new Map(
              previous.clusters.map((each) => [each.name, Math.max(each.replicas ?? 0, each.from ?? 0)]),
            )
            const total = [...held].reduce((sum, [name, count]) => sum + Math.min(count, pods.get(name) ?? 0), 0)
            // What shrinks may be gone before anything has grown.
            expect(total).toBeGreaterThanOrEqual(replicas)
            pods = new Map(names.map((name) => [name, (isUp(name) ? held : pods).get(name) ?? 0]))
          }
        }
      },
    ),
    { numRuns: 1000 },
  )
})
