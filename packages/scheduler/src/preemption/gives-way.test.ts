// A workload that gives way on one of several full clusters.
import { expect, test } from 'vitest'
import { aggregated, aRequest, byRoom } from '../fixtures.ts'
import { aClusterRow, roomFor } from '../fixtures.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot } from '../snapshot.ts'

const snapshotWith = (rooms: Readonly<Record<string, number>>) =>
  createSnapshot(Object.entries(rooms).map(([name, pods]) => aClusterRow({ name, ...roomFor(pods) })))
const trigger = { trigger: 'Test' }
const yields = new Map([['id-a', { most: 1, message: '3 replicas gave way to Deployment shop/high (priority 1000)' }]])

test.each([
  {
    name: 'goes at once where nobody else has room',
    rooms: { a: 0, b: 0 },
    want: [
      [1, undefined],
      [4, undefined],
    ],
  },
  {
    name: 'goes when what grows elsewhere is ready',
    rooms: { a: 0, b: 3 },
    want: [
      [1, 4],
      [7, 4],
    ],
  },
])('schedule() of what gives way $name', ({ rooms, want }) => {
  const request = aRequest({ replicas: 8, placement: byRoom, isGrowthReady: true })
  const previous = schedule(request, snapshotWith({ a: 4, b: 4 }), trigger)
  const decision = schedule({ ...request, previous, yields }, snapshotWith(rooms), trigger)
  expect(decision.clusters.map(({ replicas, from }) => [replicas, from])).toEqual(want)
})

test('schedule() of what gives way keeps the cluster, with no replicas, while some have no place', () => {
  const request = aRequest({ replicas: 4, placement: aggregated, isGrowthReady: true })
  const previous = schedule(request, snapshotWith({ a: 4 }), trigger)
  const none = new Map([['id-a', { most: 0, message: '' }]])
  const gone = schedule({ ...request, previous, yields: none }, snapshotWith({ a: 0 }), trigger)
  expect(gone.clusters.map(({ name, replicas, from }) => [name, replicas, from])).toEqual([['a', 0, undefined]])
  const over = schedule({ ...request, previous: gone }, snapshotWith({ a: 0 }), trigger)
  expect(over.clusters.map(({ replicas }) => replicas)).toEqual([0])
})
