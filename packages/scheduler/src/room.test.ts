// Modes that go by free room: dynamic weights and Aggregated.
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aFleet, aggregated, aRequest, byRoom, replicasOf, roomFor } from './fixtures.ts'
import type { Reservation } from './occupy.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { createSnapshot, type Snapshot } from './snapshot.ts'

const decide = (request: Partial<ScheduleRequest>, snapshot: Snapshot): Decision =>
  schedule(aRequest(request), snapshot, { trigger: 'Test' })

type Replicas = Readonly<Record<string, number>>

interface Row {
  readonly name: string
  readonly placement: ScheduleRequest['placement']
  readonly room: Replicas
  /** Replicas one after the other, all growth ready in between: room shrinks by what is placed. */
  readonly replicas: readonly number[]
  readonly want: Replicas
  readonly missing?: number
}

const table: readonly Row[] = [
  {
    name: 'weighs by room',
    placement: byRoom,
    room: { a: 30, b: 20, c: 10 },
    replicas: [12],
    want: { a: 6, b: 4, c: 2 },
  },
  { name: 'leaves out what has no room', placement: byRoom, room: { a: 5, b: 0 }, replicas: [3], want: { a: 3 } },
  {
    name: 'places 95 of 100',
    placement: byRoom,
    room: { a: 50, b: 45 },
    replicas: [100],
    want: { a: 50, b: 45 },
    missing: 5,
  },
  {
    name: 'places 8 at once',
    placement: byRoom,
    room: { a: 4, b: 3, c: 1 },
    replicas: [8],
    want: { a: 4, b: 3, c: 1 },
  },
  {
    name: 'places the same stepwise',
    placement: byRoom,
    room: { a: 4, b: 3, c: 1 },
    replicas: [1, 2, 3, 4, 5, 6, 7, 8],
    want: { a: 4, b: 3, c: 1 },
  },
  {
    name: 'only adds when it grows',
    placement: byRoom,
    room: { a: 10, b: 10 },
    replicas: [10, 14],
    want: { a: 7, b: 7 },
  },
  {
    name: 'fills one cluster before the next, the largest first',
    placement: aggregated,
    room: { a: 5, b: 20, c: 10 },
    replicas: [25],
    want: { b: 20, c: 5 },
  },
  {
    name: 'takes one cluster where one suffices',
    placement: aggregated,
    room: { a: 12, b: 3 },
    replicas: [12],
    want: { a: 12 },
  },
  {
    name: 'grows where it is before it begins another',
    placement: aggregated,
    room: { a: 6, b: 5 },
    replicas: [3, 7],
    want: { a: 6, b: 1 },
  },
  {
    name: 'empties the smallest first',
    placement: aggregated,
    room: { a: 6, b: 5 },
    replicas: [9, 4],
    want: { a: 4 },
  },
  {
    name: 'aggregates 95 of 100',
    placement: aggregated,
    room: { a: 50, b: 45 },
    replicas: [100],
    want: { a: 50, b: 45 },
    missing: 5,
  },
  {
    name: 'keeps a template of no replicas on one cluster',
    placement: aggregated,
    room: { a: 6, b: 5 },
    replicas: [0],
    want: { a: 0 },
  },
]

/** Decides with each number of replicas in turn, room always being what earlier replicas leave. */
function inTurn(placement: ScheduleRequest['placement'], room: Replicas, replicas: readonly number[]): Decision {
  let previous: Decision | undefined
  for (const count of replicas) {
    const held = replicasHeld(previous)
    const left = Object.entries(room).map(([name, pods]) => [name, pods - (held[name] ?? 0)] as const)
    const fleet = aFleet(Object.fromEntries(left))
    previous = decide({ placement, replicas: count, isGrowthReady: true, ...(previous ? { previous } : {}) }, fleet)
    previous = decide({ placement, replicas: count, isGrowthReady: true, previous }, fleetAfter(previous, room))
  }
  return previous ?? decide({ placement }, aFleet(room))
}

const replicasHeld = (decision: Decision | undefined): Replicas =>
  Object.fromEntries((decision?.clusters ?? []).map(({ name, replicas = 0 }) => [name, replicas]))

function fleetAfter(decision: Decision, room: Replicas): Snapshot {
  const held = replicasHeld(decision)
  return aFleet(Object.fromEntries(Object.entries(room).map(([name, pods]) => [name, pods - (held[name] ?? 0)])))
}

const reserve =
  (on: string, replicas: number) =>
  (id: string): readonly Reservation[] =>
    id === on ? [{ replicas }] : []

describe('schedule() by room', () => {
  test.each(table)('$name', ({ placement, room, replicas, want, missing }) => {
    const decision = inTurn(placement, room, replicas)
    expect(replicasOf(decision)).toEqual(want)
    expect(decision.shortfall?.missingReplicas).toBe(missing)
  })

  test('says which clusters are full', () => {
    const { shortfall, explanation } = decide({ placement: byRoom, replicas: 100 }, aFleet({ a: 50, b: 45, c: 0 }))
    expect(shortfall).toMatchObject({
      reason: 'PartiallyPlaced',
      message: expect.stringContaining(
        '95 of 100 replicas have a place: a is full with 50, b is full with 45, c has no room',
      ),
    })
    expect(explanation.clusters).toMatchObject([
      { name: 'a', verdict: 'Chosen', estimate: 50, reasons: [{ filter: 'Room', message: 'it is full with 50' }] },
      { name: 'b', verdict: 'Chosen', estimate: 45, reasons: [{ filter: 'Room', message: 'it is full with 45' }] },
      { name: 'c', verdict: 'Feasible', estimate: 0, reasons: [{ filter: 'Room', message: 'it has no room' }] },
    ])
  })

  test('places nothing where room is not known, and says so', () => {
    const snapshot = createSnapshot([aClusterRow({ name: 'a' })])
    const { clusters, shortfall } = decide({ placement: byRoom, replicas: 3 }, snapshot)
    expect(clusters).toEqual([])
    expect(shortfall?.message).toContain('a: its free room is not known yet')
  })

  test('counts replicas that were decided and do not show in free room', () => {
    const reservedOn = reserve('id-a', 4)
    const decision = decide({ placement: byRoom, replicas: 9, reservedOn }, aFleet({ a: 6, b: 4 }))
    expect(replicasOf(decision)).toEqual({ a: 2, b: 4 })
  })

  test('does not place twice in the room that its own replicas are about to take', () => {
    const fleet = aFleet({ a: 5 })
    const first = decide({ placement: byRoom, replicas: 9 }, fleet)
    const reservedOn = reserve('id-a', 5)
    expect(decide({ placement: byRoom, replicas: 9, previous: first, reservedOn }, fleet)).toBe(first)
  })

  test('places what is missing once there is room', () => {
    const first = decide({ placement: byRoom, replicas: 9 }, aFleet({ a: 5, b: 2 }))
    const second = decide({ placement: byRoom, replicas: 9, previous: first }, aFleet({ a: 0, b: 4 }))
    expect(replicasOf(second)).toEqual({ a: 5, b: 4 })
    expect(second.shortfall).toBeUndefined()
  })
})

const names = ['a', 'b', 'c', 'd', 'e', 'f']
const anyRoom = fc.record(Object.fromEntries(names.map((name) => [name, fc.nat(12)])))
const anyMode = fc.constantFrom(byRoom, aggregated)
const runs = { numRuns: 1000 }
const countOf = (decision: Decision, name: string) =>
  decision.clusters.find((cluster) => cluster.name === name)?.replicas ?? 0
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

describe('properties of schedule() by room', () => {
  test('conserves replicas within the room', () => {
    fc.assert(
      fc.property(anyMode, anyRoom, fc.nat(80), (placement, room, replicas) => {
        const decision = decide({ placement, replicas }, aFleet(room))
        for (const name of names) expect(countOf(decision, name)).toBeLessThanOrEqual(room[name] ?? 0)
        const placed = sum(names.map((name) => countOf(decision, name)))
        expect(placed).toBe(Math.min(replicas, sum(Object.values(room))))
        expect(decision.shortfall?.missingReplicas ?? 0).toBe(replicas - placed)
      }),
      runs,
    )
  })

  test('one more replica never takes one from anybody, whatever is held', () => {
    const given = [anyMode, anyRoom, anyRoom, fc.nat(60), fc.nat(60)] as const
    fc.assert(
      fc.property(...given, (placement, before, after, held, replicas) => {
        const previous = decide({ placement, replicas: held }, aFleet(before))
        const one = decide({ placement, replicas, previous }, aFleet(after))
        const more = decide({ placement, replicas: replicas + 1, previous }, aFleet(after))
        fc.pre(replicas > 0)
        for (const name of names) expect(countOf(more, name)).toBeGreaterThanOrEqual(countOf(one, name))
      }),
      runs,
    )
  })

  test('a change of room is no move while everything has a place', () => {
    fc.assert(
      fc.property(anyMode, anyRoom, anyRoom, fc.nat(60), (placement, before, after, replicas) => {
        const first = decide({ placement, replicas }, aFleet(before))
        fc.pre(first.shortfall === undefined)
        expect(decide({ placement, replicas, previous: first }, aFleet(after))).toBe(first)
      }),
      runs,
    )
  })

  test('more room never gives less, fresh', () => {
    fc.assert(
      fc.property(anyRoom, fc.nat(60), fc.constantFrom(...names), fc.integer({ min: 1, max: 9 }), (...given) => {
        const [room, replicas, name, more] = given
        const roomier = { ...room, [name]: (room[name] ?? 0) + more }
        const before = decide({ placement: byRoom, replicas }, aFleet(room))
        const after = decide({ placement: byRoom, replicas }, aFleet(roomier))
        expect(countOf(after, name)).toBeGreaterThanOrEqual(countOf(before, name))
      }),
      runs,
    )
  })

  test('clusters of equal room differ by at most one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(80), (pods, replicas) => {
        const room = Object.fromEntries(names.map((name) => [name, pods]))
        const decision = decide({ placement: byRoom, replicas }, aFleet(room))
        const counts = names.map((name) => countOf(decision, name))
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
      runs,
    )
  })

  test('an infeasible cluster added changes nothing', () => {
    fc.assert(
      fc.property(anyMode, anyRoom, fc.nat(60), (placement, room, replicas) => {
        const { clusters } = decide({ placement, replicas }, aFleet(room))
        const more = [...aFleet(room).clusters, aClusterRow({ name: '0', ready: false, ...roomFor(50) })]
        expect(decide({ placement, replicas }, createSnapshot(more)).clusters).toEqual(clusters)
      }),
      runs,
    )
  })

  test('losing a cluster moves only its replicas', () => {
    fc.assert(
      fc.property(anyMode, anyRoom, fc.nat(60), fc.constantFrom(...names), (placement, room, replicas, lost) => {
        const previous = decide({ placement, replicas }, aFleet(room))
        const rest = Object.fromEntries(Object.entries(room).filter(([name]) => name !== lost))
        const after = decide({ placement, replicas, previous }, aFleet(rest))
        for (const name of Object.keys(rest)) {
          expect(countOf(after, name)).toBeGreaterThanOrEqual(countOf(previous, name))
        }
      }),
      runs,
    )
  })

  test('Aggregated uses as few clusters as any placement could', () => {
    fc.assert(
      fc.property(anyRoom, fc.integer({ min: 1, max: 60 }), (room, replicas) => {
        const { clusters, shortfall } = decide({ placement: aggregated, replicas }, aFleet(room))
        fc.pre(shortfall === undefined)
        expect(clusters).toHaveLength(fewest(Object.values(room), replicas))
      }),
      runs,
    )
  })

  test('shuffled clusters give identical bytes', () => {
    const given = fc.tuple(anyMode, anyRoom, fc.nat(60)).chain(([placement, room, replicas]) => {
      const rows = Object.entries(room).map(([name, pods]) => aClusterRow({ name, ...roomFor(pods) }))
      const shuffled = fc.shuffledSubarray(rows, { minLength: rows.length })
      return fc.record({ request: fc.constant({ placement, replicas }), rows: fc.constant(rows), shuffled })
    })
    fc.assert(
      fc.property(given, ({ request, rows, shuffled }) => {
        const one = decide(request, createSnapshot(rows))
        expect(JSON.stringify(decide(request, createSnapshot(shuffled)))).toBe(JSON.stringify(one))
      }),
      runs,
    )
  })
})

/** By trying every set of clusters. */
function fewest(rooms: readonly number[], replicas: number): number {
  let least = rooms.length
  for (let set = 0; set < 2 ** rooms.length; set += 1) {
    const chosen = rooms.filter((_, at) => (set & (2 ** at)) !== 0)
    if (sum(chosen) >= replicas) least = Math.min(least, chosen.length)
  }
  return least
}
