import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aBookOfPrices } from './cost/fixtures.ts'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight, roomFor } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { explainAll, schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot, replaceRows, type Snapshot } from './snapshot.ts'
import { isUndisturbed } from './undisturbed.ts'

const options = { trigger: 'Test' }
const divided = { replicaSchedulingType: 'Divided' as const }
const names = ['a', 'b', 'c', 'd', 'e'] as const
const book = aBookOfPrices({ a: 3, b: 1, c: 2, d: 1, e: 2 })
const fleet = createSnapshot(
  names.map((name) => aClusterRow({ name, ...roomFor(4) })),
  book,
)

/** What is asked of a binding that says what was decided on the fleet. */
function settled(given: Partial<ScheduleRequest>): ScheduleRequest {
  const request = aRequest({ isGrowthReady: true, ...given })
  return { ...request, previous: schedule(request, fleet, options) }
}

function changed(name: string, change: Partial<ClusterRow>): Snapshot {
  return replaceRows(
    fleet,
    fleet.clusters.filter((row) => row.name === name).map((row) => ({ ...row, ...change })),
  )
}

const byThree = byWeight({ a: 3, b: 2, c: 1 })
const ring = [{ key: 'k', effect: 'NoExecute' as const }]
const inEu = { compliance: { jurisdictions: ['EU'] } }

describe('isUndisturbed()', () => {
  test.each<{ readonly name: string; readonly asked: Partial<ScheduleRequest>; readonly now?: Snapshot }>([
    { name: 'weights', asked: { placement: byThree } },
    {
      name: 'equal weights that do not come out even',
      asked: { replicas: 7, placement: { replicaScheduling: divided } },
    },
    {
      name: 'weights, and one that holds some is not Ready',
      asked: { placement: byThree },
      now: changed('a', { ready: false }),
    },
    {
      name: 'weights, and one without weight comes back',
      asked: { placement: byThree },
      now: changed('e', { region: 'eu' }),
    },
    { name: 'room, and less of it', asked: { placement: byRoom }, now: changed('a', roomFor(0)) },
    { name: 'room, and more of it', asked: { placement: byRoom }, now: changed('a', roomFor(99)) },
    {
      name: 'few clusters, and another has more room',
      asked: { replicas: 3, placement: aggregated },
      now: changed('e', roomFor(9)),
    },
    { name: 'costs', asked: { placement: { replicaScheduling: divided, objective: { price: 1 } } } },
    { name: 'copies', asked: { replicas: 2, placement: {} } },
    {
      name: 'copies, and one cluster is not Ready',
      asked: { replicas: 2, placement: {} },
      now: changed('b', { ready: false }),
    },
  ])('is true with $name', ({ asked, now = fleet }) => {
    expect(isUndisturbed(settled(asked), now)).toBe(true)
  })

  const copies = settled({ replicas: 2, placement: {} })
  const weighed = settled({ placement: byThree })
  test.each<{ readonly name: string; readonly request: ScheduleRequest; readonly now?: Snapshot }>([
    { name: 'nothing was decided', request: aRequest() },
    { name: 'something is missing', request: settled({ replicas: 99, placement: byRoom }) },
    { name: 'more is wanted', request: { ...weighed, replicas: 13 } },
    { name: 'another kind is asked for', request: { ...copies, kind: 'StatefulSet', apiVersion: 'apps/v1' } },
    { name: 'a rebalance wants something', request: { ...weighed, target: new Map([['id-a', 12]]) } },
    { name: 'there are neighbours', request: { ...weighed, neighbours: { name: 'web', avoidedBy: [] } } },
    {
      name: 'there are failure domains',
      request: settled({ placement: { ...byRoom, spreadConstraints: [{ spreadByField: 'cluster' }] } }),
    },
    { name: 'a cluster is gone', request: weighed, now: createSnapshot(fleet.clusters.slice(1), book) },
    { name: 'a cluster has another name', request: weighed, now: changed('a', { name: 'z' }) },
    { name: 'a cluster drives out what it holds', request: weighed, now: changed('a', { taints: ring }) },
    {
      name: 'a cluster joins',
      request: copies,
      now: createSnapshot([...fleet.clusters, aClusterRow({ name: 'f' })], book),
    },
    { name: 'something is moving', request: moving() },
    { name: 'less is decided than was asked for', request: without('a', settled({ placement: byRoom })) },
  ])('is false where $name', ({ request, now = fleet }) => {
    expect(isUndisturbed(request, now)).toBe(false)
  })

  test('is false where what is held may stay, but not without a word', () => {
    const labels = { 'jurisdiction.flotilla.dev/EU': 'true' }
    const cleared = createSnapshot(fleet.clusters.map((row) => ({ ...row, labels })))
    const request = aRequest({ placement: { ...byThree, ...inEu } })
    const asked = { ...request, previous: schedule(request, cleared, options) }
    expect(isUndisturbed(asked, cleared)).toBe(true)
    const values = new Set<string>()
    const [first] = cleared.clusters
    if (first === undefined) throw new Error('there are clusters')
    const doubtful = { ...first, properties: new Map([['jurisdiction.flotilla.dev', { values, isRead: true }]]) }
    expect(isUndisturbed(asked, replaceRows(cleared, [doubtful]))).toBe(false)
  })

  function without(name: string, request: ScheduleRequest): ScheduleRequest {
    const { previous } = request
    const clusters = (previous?.clusters ?? []).filter((each) => each.name !== name)
    return previous ? { ...request, previous: { ...previous, clusters } } : request
  }

  function moving(): ScheduleRequest {
    const request = { ...weighed, placement: byWeight({ a: 1, e: 1 }) }
    return { ...request, previous: schedule(request, fleet, options) }
  }
})

const anyChange = fc.record({
  name: fc.constantFrom(...names),
  row: fc.record({
    ready: fc.boolean(),
    taints: fc.constantFrom<ClusterRow['taints']>([], [], [{ key: 'k', effect: 'NoSchedule' }], ring),
    kinds: fc.constantFrom(new Set(['apps/Deployment']), new Set(['apps/Deployment']), new Set<string>()),
  }),
  pods: fc.nat(9),
})

const anyPlacement = fc.oneof(
  fc.record({ a: fc.nat(4), b: fc.nat(4), c: fc.nat(4), d: fc.nat(4) }).map(byWeight),
  fc.record({ min: fc.nat(2), more: fc.nat(3), weight: fc.nat(3) }).map(({ min, more, weight }) => ({
    replicaScheduling: {
      ...divided,
      weightPreference: {
        staticWeightList: [
          { targetCluster: { clusterNames: ['a', 'b'] }, weight, minReplicas: min, maxReplicas: min + more },
          { targetCluster: {}, weight: 2 },
        ],
      },
    },
  })),
  fc.constantFrom<ScheduleRequest['placement']>(
    {},
    { replicaScheduling: divided },
    byRoom,
    aggregated,
    { replicaScheduling: divided, objective: { price: 1, load: 1 } },
    { ...byRoom, partialPlacement: 'Deny' },
    { replicaScheduling: divided, clusterAffinities: [{ affinityName: 'some', clusterNames: ['a', 'b', 'c'] }] },
  ),
)

test('what isUndisturbed() is what would be decided', () => {
  let told = 0
  fc.assert(
    fc.property(
      anyPlacement,
      fc.option(fc.integer({ min: 0, max: 9 }), { freq: 5 }),
      fc.array(anyChange, { minLength: 1, maxLength: 6 }),
      fc.string(),
      fc.boolean(),
      (placement, replicas, changes, templateUID, isPinned) => {
        let snapshot = fleet
        let previous: Decision | undefined
        const { replicas: _, ...whole } = aRequest({ placement, isGrowthReady: true, templateUID, isPinned })
        const request = replicas === null ? whole : { ...whole, replicas }
        for (const { name, row, pods } of changes) {
          const asked: ScheduleRequest = previous ? { ...request, previous } : request
          if (previous && isUndisturbed(asked, snapshot)) {
            told += 1
            const { clusters, shortfall } = explainAll(asked, snapshot, options)
            expect([clusters, shortfall]).toEqual([previous.clusters, previous.shortfall])
          }
          previous = schedule(asked, snapshot, options)
          const before = snapshot.clusters.filter((each) => each.name === name)
          snapshot = replaceRows(
            snapshot,
            before.map((each) => ({ ...each, ...row, ...roomFor(pods) })),
          )
        }
      },
    ),
    { numRuns: 1000 },
  )
  expect(told).toBeGreaterThan(500)
})
