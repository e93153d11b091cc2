import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  aggregated,
  aFleet,
  aRequest,
  byCount,
  byRoom,
  byWeight,
  replicasOf,
  roomFor,
  aClusterRow,
} from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { createSnapshot, type Snapshot } from './snapshot.ts'

function decided(request: ScheduleRequest, snapshot: Snapshot): Decision {
  return schedule(request, snapshot, { trigger: 'Test' })
}

/** Asks to go from what is decided for `replicas` first to `target`, by name. */
function retarget(
  request: Partial<ScheduleRequest>,
  snapshot: Snapshot,
  target: Readonly<Record<string, number>>,
): { readonly previous: Decision; readonly next: Decision } {
  const previous = decided(aRequest(request), snapshot)
  const wanted = new Map(Object.entries(target).map(([name, replicas]) => [`id-${name}`, replicas]))
  const next = decided(aRequest({ ...request, previous, isGrowthReady: true, target: wanted }), snapshot)
  return { previous, next }
}

const table: readonly {
  name: string
  placement: ScheduleRequest['placement']
  rooms: Readonly<Record<string, number>>
  target: Readonly<Record<string, number>>
  want: Readonly<Record<string, number>>
}[] = [
  {
    name: 'moves where a rebalance wants it',
    placement: byRoom,
    rooms: { a: 30, b: 10 },
    target: { a: 2, b: 10 },
    want: { a: 2, b: 10 },
  },
  {
    name: 'keeps a cluster that is to have nothing until the growth is ready',
    placement: byRoom,
    rooms: { a: 30, b: 30 },
    target: { b: 12 },
    want: { a: 0, b: 12 },
  },
  {
    name: 'moves from an aggregated cluster',
    placement: aggregated,
    rooms: { a: 30, b: 20 },
    target: { b: 12 },
    want: { a: 0, b: 12 },
  },
  {
    name: 'leaves a target alone for which there is no room',
    placement: byRoom,
    rooms: { a: 30, b: 8 },
    target: { b: 12 },
    want: { a: 9, b: 3 },
  },
  {
    name: 'leaves a target alone of more replicas than there are',
    placement: byRoom,
    rooms: { a: 30, b: 10 },
    target: { a: 9, b: 4 },
    want: { a: 9, b: 3 },
  },
  {
    name: 'leaves a target alone of fewer replicas than there are',
    placement: byRoom,
    rooms: { a: 30, b: 10 },
    target: { a: 9 },
    want: { a: 9, b: 3 },
  },
  {
    name: 'leaves a target alone on an unknown cluster',
    placement: byRoom,
    rooms: { a: 30, b: 10 },
    target: { a: 9, c: 3 },
    want: { a: 9, b: 3 },
  },
  {
    name: 'leaves a target alone against static weights',
    placement: byWeight({ a: 1, b: 1 }),
    rooms: { a: 30, b: 30 },
    target: { a: 2, b: 10 },
    want: { a: 6, b: 6 },
  },
  {
    name: 'leaves a target alone against counts',
    placement: byCount([
      ['a', 6],
      ['b', 6],
    ]),
    rooms: { a: 30, b: 30 },
    target: { a: 2, b: 10 },
    want: { a: 6, b: 6 },
  },
  {
    name: 'leaves a target alone that exceeds the share of a domain',
    placement: { ...byRoom, spreadConstraints: [{ spreadByField: 'cluster', maxSharePercent: 60 }] },
    rooms: { a: 30, b: 30 },
    target: { a: 2, b: 10 },
    want: { a: 6, b: 6 },
  },
  {
    name: 'moves within the share of a domain',
    placement: { ...byRoom, spreadConstraints: [{ spreadByField: 'cluster', maxSharePercent: 60 }] },
    rooms: { a: 30, b: 30 },
    target: { a: 5, b: 7 },
    want: { a: 5, b: 7 },
  },
]

describe('schedule() with a target', () => {
  test.each(table)('$name', ({ placement, rooms, target, want }) => {
    expect(replicasOf(retarget({ placement }, aFleet(rooms), target).next)).toEqual(want)
  })

  test('says what each cluster had, and is another decision', () => {
    const { previous, next } = retarget({ placement: byRoom }, aFleet({ a: 30, b: 30 }), { b: 12 })
    expect(next.clusters.map(({ name, replicas, from }) => [name, replicas, from])).toEqual([
      ['a', 0, 6],
      ['b', 12, 6],
    ])
    expect(next.forHash).not.toBe(previous.forHash)
    expect(next.explanation.trigger).toBe('Rebalance')
  })

  test('stays where it was moved', () => {
    const fleet = aFleet({ a: 30, b: 30 })
    const { next } = retarget({ placement: byRoom }, fleet, { b: 12 })
    const ended = decided(aRequest({ placement: byRoom, previous: next, isGrowthReady: true }), fleet)
    expect(replicasOf(ended)).toEqual({ b: 12 })
    expect(decided(aRequest({ placement: byRoom, previous: ended, isGrowthReady: true }), fleet)).toBe(ended)
  })

  test('does not move to a cluster that is not ready', () => {
    const rows = [aClusterRow({ name: 'a', ...roomFor(30) }), aClusterRow({ name: 'b', ready: false, ...roomFor(30) })]
    const { previous, next } = retarget({ placement: byRoom }, createSnapshot(rows), { b: 12 })
    expect(next).toBe(previous)
  })

  test('decides exactly the target or as if there were none', () => {
    const counts = fc.record({ a: fc.nat(9), b: fc.nat(9), c: fc.nat(9) })
    fc.assert(
      fc.property(counts, counts, fc.constantFrom(byRoom, aggregated), (rooms, target, placement) => {
        const fleet = aFleet(rooms)
        const { previous, next } = retarget({ placement, replicas: 9 }, fleet, target)
        const without = decided(aRequest({ placement, replicas: 9, previous, isGrowthReady: true }), fleet)
        const isMet = Object.entries(target).every(([name, count]) => (replicasOf(next)[name] ?? 0) === count)
        if (!isMet) expect(next).toEqual(without)
      }),
      { numRuns: 1_000 },
    )
  })
})
