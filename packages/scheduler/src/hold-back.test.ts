import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aFleet, aggregated, aRequest, byCount, byRoom, byWeight, replicasOf } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { createSnapshot, type Snapshot } from './snapshot.ts'

function decide(
  placement: ScheduleRequest['placement'],
  replicas: number,
  snapshot: Snapshot,
  previous?: Decision,
): Decision {
  const denied = { ...placement, partialPlacement: 'Deny' } as const
  const request = aRequest({ placement: denied, replicas, isGrowthReady: true, ...(previous ? { previous } : {}) })
  return schedule(request, snapshot, { trigger: 'Test' })
}

describe('holdBack()', () => {
  test('places nothing of what has no place for all', () => {
    const { clusters, shortfall } = decide(byRoom, 10, aFleet({ a: 5, b: 4 }))
    expect(clusters).toEqual([])
    expect(shortfall).toEqual({
      reason: 'PartialPlacementDenied',
      message:
        'partialPlacement is Deny, so nothing is added: 9 of 10 replicas have a place: a is full with 5, b is full with 4. Smallest change: room for 1 more',
      missingReplicas: 10,
    })
  })

  test('places all of what has', () => {
    expect(replicasOf(decide(byRoom, 9, aFleet({ a: 5, b: 4 })))).toEqual({ a: 5, b: 4 })
  })

  test('leaves what is there when it does not grow as asked', () => {
    const first = decide(byRoom, 6, aFleet({ a: 5, b: 4 }))
    const second = decide(byRoom, 9, aFleet({ a: 1, b: 1 }), first)
    expect(replicasOf(second)).toEqual(replicasOf(first))
    expect(second.shortfall?.missingReplicas).toBe(3)
    expect(replicasOf(decide(byRoom, 9, aFleet({ a: 1, b: 2 }), second))).toEqual({ a: 4, b: 5 })
  })

  test('places no counts that do not add up to all', () => {
    expect(decide(byCount([['a', 5]]), 7, aFleet({ a: 0 })).clusters).toEqual([])
  })

  test('duplicates to no cluster where one may not grow', () => {
    const first = decide({}, 2, aFleet({ a: 0, b: 0 }))
    const capped = createSnapshot([aClusterRow({ name: 'a', ready: false }), aClusterRow({ name: 'b' })])
    const second = decide({}, 3, capped, first)
    expect(replicasOf(second)).toEqual({ a: 2, b: 2 })
    expect(second.shortfall?.missingReplicas).toBe(2)
  })

  test('keeps a template that was scaled to zero where it is', () => {
    const first = decide(byRoom, 0, aFleet({ a: 5, b: 4 }))
    expect(replicasOf(decide(byRoom, 10, aFleet({ a: 5, b: 4 }), first))).toEqual({ a: 0, b: 0 })
  })

  test('is all or nothing, and settles', () => {
    const names = ['a', 'b', 'c']
    const anyRooms = fc.record(Object.fromEntries(names.map((name) => [name, fc.nat(9)])))
    const anyPlacement = fc.constantFrom(byRoom, aggregated, byWeight({ a: 1, b: 2 }))
    fc.assert(
      fc.property(anyPlacement, anyRooms, anyRooms, fc.nat(30), fc.nat(30), (placement, before, after, one, other) => {
        const first = decide(placement, one, aFleet(before))
        const total = ({ clusters }: Decision) => clusters.reduce((sum, { replicas = 0 }) => sum + replicas, 0)
        expect([0, one]).toContain(total(first))
        const second = decide(placement, other, aFleet(after), first)
        expect([Math.min(total(first), other), other]).toContain(total(second))
        expect(total(second) + (second.shortfall?.missingReplicas ?? 0)).toBe(other)
        const reserved = decide(placement, other, aFleet({ a: 0, b: 0, c: 0 }), second)
        expect(total(reserved)).toBe(total(second))
      }),
      { numRuns: 1000 },
    )
  })
})
