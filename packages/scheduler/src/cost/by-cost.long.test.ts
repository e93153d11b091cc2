// Placements that go by costs: whole decisions.
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, replicasOf, roomFor } from '../fixtures.ts'
import type { ScheduleRequest } from '../request.ts'
import { schedule } from '../schedule.ts'
import { type ClusterRow, createSnapshot, type Snapshot } from '../snapshot.ts'
import { aBook, aBookOfPrices, aProfile } from './fixtures.ts'

const options = { trigger: 'Test' }
const byPrice: ScheduleRequest['placement'] = {
  replicaScheduling: { replicaSchedulingType: 'Divided' },
  objective: { price: 1 },
}
const oneCPU = { resourceRequest: { cpu: '1' } }

interface Given {
  readonly room: number
  /** Per CPU and hour. */
  readonly price: number
  readonly held?: number
  readonly row?: Partial<ClusterRow>
}

type Fleet = Readonly<Record<string, Given>>

function rowsOf(fleet: Fleet): readonly ClusterRow[] {
  return Object.entries(fleet).map(([name, { room, row }]) => {
    const [shape] = roomFor(room).shapes ?? []
    const free = new Map([...(shape?.free ?? []), ['cpu', { nanos: 10n ** 15n, format: 'DecimalSI' as const }]])
    return aClusterRow({ name, shapes: [{ free, labels: {}, taints: [], count: 1 }], ...row })
  })
}

function snapshotOf(fleet: Fleet): Snapshot {
  const prices = Object.entries(fleet).map(([name, { price }]) => [name, price] as const)
  return createSnapshot(rowsOf(fleet), aBookOfPrices(Object.fromEntries(prices)))
}

/** The decision that left each cluster with what it holds. */
function holding(fleet: Fleet): Decision | undefined {
  const clusters = Object.entries(fleet).flatMap(([name, { held = 0 }]) =>
    held === 0 ? [] : [{ name, id: `id-${name}`, replicas: held }],
  )
  const explanation = { trigger: 'Test', inputHash: 'before', feasible: 0, rejected: {}, clusters: [] }
  return clusters.length === 0 ? undefined : { forHash: 'before', clusters, explanation }
}

function requestOf(replicas: number, fleet: Fleet, placement = byPrice): ScheduleRequest {
  const previous = holding(fleet)
  return aRequest({
    replicas,
    placement,
    requirements: oneCPU,
    isGrowthReady: true,
    ...(previous === undefined ? {} : { previous }),
  })
}

function divide(replicas: number, fleet: Fleet, placement = byPrice): Readonly<Record<string, number>> {
  const decision = schedule(requestOf(replicas, fleet, placement), snapshotOf(fleet), options)
  return replicasOf(decision) as Readonly<Record<string, number>>
}

describe('schedule() by price', () => {
  test.each([
    {
      name: 'fills the cheapest, then the next',
      replicas: 12,
      fleet: { ap: { room: 9, price: 0.03 }, eu: { room: 5, price: 0.01 }, us: { room: 5, price: 0.02 } },
      want: { ap: 2, eu: 5, us: 5 },
    },
    {
      name: 'divides evenly what costs the same',
      replicas: 6,
      fleet: { ap: { room: 9, price: 0.03 }, eu: { room: 50, price: 0.01 }, us: { room: 5, price: 0.01 } },
      want: { eu: 3, us: 3 },
    },
    {
      name: 'leaves what is placed where it is and grows where it costs least',
      replicas: 9,
      fleet: { eu: { room: 2, price: 0.01 }, us: { room: 9, price: 0.09, held: 4 }, ap: { room: 9, price: 0.05 } },
      want: { eu: 2, us: 4, ap: 3 },
    },
    {
      name: 'scales the dearest down first',
      replicas: 5,
      fleet: { eu: { room: 9, price: 0.01, held: 4 }, us: { room: 9, price: 0.09, held: 4 } },
      want: { eu: 4, us: 1 },
    },
    {
      name: 'places no more than fits',
      replicas: 9,
      fleet: { eu: { room: 2, price: 0.01 }, us: { room: 3, price: 0.02 } },
      want: { eu: 2, us: 3 },
    },
  ])('$name', ({ replicas, fleet, want }) => {
    const divided = divide(replicas, fleet)
    expect(Object.fromEntries(Object.entries(divided).filter(([, count]) => count > 0))).toEqual(want)
  })

  test('divides what costs the same by room with dynamic weights', () => {
    const replicaScheduling = { ...byPrice.replicaScheduling, weightPreference: { dynamicWeight: 'AvailableReplicas' } }
    const fleet = { ap: { room: 99, price: 9 }, eu: { room: 40, price: 0.01 }, us: { room: 20, price: 0.01 } }
    expect(divide(6, fleet, { ...byPrice, replicaScheduling } as ScheduleRequest['placement'])).toEqual({
      eu: 4,
      us: 2,
    })
  })

  test('puts tiers above costs', () => {
    const clusterAffinities = ['us', 'eu'].map((name) => ({ affinityName: name, clusterNames: [name] }))
    const fleet = { eu: { room: 9, price: 0.01 }, us: { room: 4, price: 0.02 } }
    expect(divide(6, fleet, { ...byPrice, clusterAffinities })).toEqual({ eu: 2, us: 4 })
  })

  test('keeps domains within their share', () => {
    const spreadConstraints = [{ spreadByField: 'region' as const, maxSharePercent: 50 }]
    const fleet = {
      ap: { room: 9, price: 0.03, row: { region: 'ap' } },
      eu: { room: 9, price: 0.01, row: { region: 'eu' } },
      us: { room: 9, price: 0.02, row: { region: 'us' } },
    }
    expect(divide(6, fleet, { ...byPrice, spreadConstraints })).toEqual({ eu: 3, us: 3 })
  })

  test('keeps domains within their skew, at the least cost', () => {
    const spreadConstraints = [{ spreadByField: 'region' as const, maxSkew: 2 }]
    const fleet = {
      eu: { room: 9, price: 0.01, row: { region: 'eu' } },
      us: { room: 9, price: 0.02, row: { region: 'us' } },
    }
    expect(divide(6, fleet, { ...byPrice, spreadConstraints })).toEqual({ eu: 4, us: 2 })
  })
})

describe('schedule() by price over domains', () => {
  const inRegion = (region: string) => ({ row: { region } })
  const fleet = {
    'ap-1': { room: 20, price: 0.05, ...inRegion('ap') },
    'eu-1': { room: 4, price: 0.01, ...inRegion('eu') },
    'eu-2': { room: 4, price: 0.02, ...inRegion('eu') },
    'us-1': { room: 12, price: 0.03, ...inRegion('us') },
  }
  const over = (limits: object, replicas: number, given: Fleet = fleet) =>
    divide(replicas, given, { ...byPrice, spreadConstraints: [{ spreadByField: 'region', ...limits }] })

  test('uses the cheapest of those that have room for all', () => {
    expect(over({ maxGroups: 1 }, 7)).toEqual({ 'eu-1': 4, 'eu-2': 3 })
    expect(over({ maxGroups: 1 }, 10)).toEqual({ 'us-1': 10 })
    expect(over({ maxGroups: 2 }, 14)).toEqual({ 'eu-1': 4, 'eu-2': 4, 'us-1': 6 })
  })

  test('gives the cheapest others one each where more must be used', () => {
    expect(over({ minGroups: 2 }, 6)).toEqual({ 'eu-1': 4, 'eu-2': 1, 'us-1': 1 })
    expect(over({ minGroups: 2, maxGroups: 2 }, 3)).toEqual({ 'eu-1': 2, 'us-1': 1 })
    expect(over({ minGroups: 3, maxGroups: 3 }, 4)).toEqual({ 'ap-1': 1, 'eu-1': 2, 'us-1': 1 })
  })

  test('stays in the domains that it is in', () => {
    const held = { ...fleet, 'ap-1': { ...fleet['ap-1'], held: 2 } }
    expect(over({ maxGroups: 1 }, 5, held)).toEqual({ 'ap-1': 5 })
  })

  test('uses the cheapest of many', () => {
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `c${at}`,
        { room: 9, price: ((at * 7) % 30) / 100, ...inRegion(`r${at}`) },
      ]),
    )
    // 7 · 13 and 7 · 26 leave 1 and 2 of 30.
    expect(over({ maxGroups: 3 }, 20, many)).toEqual({ c0: 9, c13: 9, c26: 2 })
  })
})

describe('schedule() by latency against price', () => {
  const fleet = { near: { room: 9, price: 0.1 }, far: { room: 9, price: 0.04 } }
  const traffic = aProfile('users', { here: { share: 1, to: { near: 10, far: 110 } } })
  const book = { ...aBookOfPrices({ near: 0.1, far: 0.04 }), traffic: aBook({ trafficProfiles: [traffic] }).traffic }
  const place = (latency: number) =>
    replicasOf(
      schedule(
        requestOf(4, fleet, { ...byPrice, objective: { price: 1, latency } }),
        createSnapshot(rowsOf(fleet), book),
        options,
      ),
    )

  test('pays 0.06 more an hour for 100 ms where a millisecond is worth more than 0.0006', () => {
    expect(place(0.0007)).toEqual({ near: 4 })
    expect(place(0.0005)).toEqual({ far: 4 })
  })
})

describe('schedule() by load', () => {
  const used = (cpus: number) => ({
    resources: { cpus: { allocatable: 100, requested: cpus }, memoryGiB: { allocatable: 100, requested: 0 } },
  })
  const byLoad = { ...byPrice, objective: { price: 1, load: 0.1 } }

  test('fills the cheapest only as far as being fuller is not worth it', () => {
    const fleet = {
      eu: { room: 99, price: 0.01, row: used(60) },
      us: { room: 99, price: 0.02, row: used(0) },
    }
    // Of eu 10 cost nothing more, 3 cost 0.001, 3 cost 0.004 and 3 cost 0.009, which is less than the 0.01 of us.
    expect(divide(40, fleet, byLoad)).toEqual({ eu: 19, us: 21 })
  })

  test('moves nothing when others use more', () => {
    const fleet = {
      eu: { room: 99, price: 0.01, held: 10, row: used(95) },
      us: { room: 99, price: 0.01, held: 10, row: used(5) },
    }
    expect(divide(20, fleet, byLoad)).toEqual({ eu: 10, us: 10 })
  })
})

describe('schedule() Aggregated by price', () => {
  const packed = { ...aggregated, objective: { price: 1 } }

  test('uses as few clusters as without, and the cheaper of those that do', () => {
    const fleet = {
      ap: { room: 12, price: 0.03 },
      eu: { room: 20, price: 0.09 },
      sa: { room: 5, price: 0.01 },
      us: { room: 11, price: 0.02 },
    }
    expect(divide(10, fleet, packed)).toEqual({ us: 10 })
    expect(divide(12, fleet, packed)).toEqual({ ap: 12 })
    expect(divide(22, fleet, packed)).toEqual({ ap: 11, us: 11 })
    expect(divide(24, fleet, packed)).toEqual({ eu: 13, us: 11 })
  })

  test('fills first where it is', () => {
    const fleet = { eu: { room: 2, price: 0.09, held: 4 }, us: { room: 11, price: 0.02 } }
    expect(divide(8, fleet, packed)).toEqual({ eu: 6, us: 2 })
  })
})

describe('schedule() with costs that are not known', () => {
  test('takes what has no round trip for as bad as the worst that has one', () => {
    const fleet = { near: { room: 3, price: 1 }, far: { room: 3, price: 1 }, odd: { room: 3, price: 1 } }
    const book = aBook({ trafficProfiles: [aProfile('users', { here: { share: 1, to: { near: 1, far: 99 } } })] })
    const request = requestOf(5, fleet, { ...byPrice, objective: { latency: 1 } })
    const { clusters, explanation } = schedule(request, createSnapshot(rowsOf(fleet), book), options)
    expect(clusters.map(({ name, replicas }) => [name, replicas])).toEqual([
      ['far', 1],
      ['near', 3],
      ['odd', 1],
    ])
    const odd = explanation.clusters.find(({ name }) => name === 'odd')
    expect(odd).toMatchObject({ cost: 99, costs: { unknown: ['latency'] } })
    expect(odd?.costs).not.toHaveProperty('latency')
  })
})

describe('explanation', () => {
  test('tells the terms, what they add up to, and where prices are from', () => {
    const fleet = { eu: { room: 3, price: 0.1 }, us: { room: 3, price: 0.2 } }
    const traffic = aBook({ trafficProfiles: [aProfile('users', { here: { share: 1, to: { eu: 30, us: 20 } } })] })
    const book = { ...aBookOfPrices({ eu: 0.1 }), traffic: traffic.traffic }
    const request = requestOf(2, fleet, { ...byPrice, objective: { price: 1, latency: 0.001 } })
    const { explanation } = schedule(request, createSnapshot(rowsOf(fleet), book), options)
    expect(explanation.currency).toBe('USD')
    expect(explanation.clusters.map(({ name, cost, costs }) => ({ name, cost, costs }))).toEqual([
      { name: 'us', cost: 0.07, costs: { price: 0.05, latency: 20 } },
      { name: 'eu', cost: 0.13, costs: { price: 0.1, priceSheet: 'prices', latency: 30 } },
    ])
  })
})

const anyFleet = fc
  .array(
    fc.record({
      room: fc.nat(6),
      price: fc.integer({ min: 0, max: 6 }),
      held: fc.nat(4),
      requested: fc.integer({ min: 0, max: 20 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    Object.fromEntries(
      list.map(({ room, price, held, requested }, at) => [
        `c${at}`,
        {
          room,
          price: price / 100,
          held,
          row: {
            resources: {
              cpus: { allocatable: 20, requested: requested + held },
              memoryGiB: { allocatable: 9, requested: 0 },
            },
          },
        },
      ]),
    ),
  )

const fresh = (fleet: Fleet): Fleet =>
  Object.fromEntries(Object.entries(fleet).map(([name, given]) => [name, { ...given, held: 0 }]))

const byBoth: ScheduleRequest['placement'] = { ...byPrice, objective: { price: 1, load: 0.03 } }
const runs = { numRuns: 1000 }
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

describe('properties of schedule() by costs', () => {
  test('what is added costs least, what is taken away costs most: equals brute force', () => {
    fc.assert(
      fc.property(anyFleet, fc.nat(8), (fleet, replicas) => {
        fc.pre(replicas > 0)
        const divided = divide(replicas, fleet, byBoth)
        const names = Object.keys(fleet)
        const counts = names.map((name) => divided[name] ?? 0)
        const held = names.map((name) => fleet[name]?.held ?? 0)
        const isGrowing = replicas >= sum(held)
        const lowest = isGrowing ? held : held.map(() => 0)
        const highest = names.map((name, at) => (held[at] ?? 0) + (isGrowing ? (fleet[name]?.room ?? 0) : 0))
        expect(sum(counts)).toBe(Math.min(replicas, sum(highest)))
        counts.forEach((count, at) => expect(count).toBeGreaterThanOrEqual(lowest[at] ?? 0))
        counts.forEach((count, at) => expect(count).toBeLessThanOrEqual(highest[at] ?? 0))
        const costs = names.map((name) => Array.from({ length: 9 }, (_, k) => costOfReplica(fleet[name], k + 1)))
        const best = cheapest(sum(counts), costs, lowest, highest)
        expect(total(counts, costs)).toBeCloseTo(best, 6)
      }),
      runs,
    )
  })

  test('over domains costs least of all that place as much: equals brute force', () => {
    const groups = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(2))
    fc.assert(
      fc.property(anyFleet, fc.integer({ min: 1, max: 8 }), groups, (fleet, replicas, [least, more]) => {
        const regions = Object.fromEntries(
          Object.entries(fresh(fleet)).map(([name, given], at) => [name, { ...given, row: { region: `r${at % 3}` } }]),
        )
        const names = Object.keys(regions)
        const constraint = { spreadByField: 'region' as const, minGroups: least, maxGroups: least + more }
        const divided = divide(replicas, regions, { ...byPrice, spreadConstraints: [constraint] })
        const counts = names.map((name) => divided[name] ?? 0)
        const groupsOf = (tried: readonly number[]) =>
          new Set(tried.flatMap((count, at) => (count > 0 ? [at % 3] : []))).size
        const price = (tried: readonly number[]) =>
          sum(tried.map((count, at) => count * (regions[names[at] ?? '']?.price ?? 0)))
        const rooms = names.map((name) => regions[name]?.room ?? 0)
        const usable = new Set(rooms.flatMap((room, at) => (room > 0 ? [at % 3] : []))).size
        const needed = Math.min(least, usable, replicas)
        for (const tried of divisions(replicas, rooms)) {
          if (groupsOf(tried) > least + more || groupsOf(tried) < needed) continue
          expect(sum(counts)).toBeGreaterThanOrEqual(sum(tried))
          if (sum(tried) === sum(counts)) expect(price(counts)).toBeLessThanOrEqual(price(tried) + 1e-9)
        }
      }),
      runs,
    )
  })

  test('one more replica never takes one from anybody', () => {
    fc.assert(
      fc.property(anyFleet, fc.integer({ min: 1, max: 40 }), (fleet, replicas) => {
        const [before, after] = [divide(replicas, fleet, byBoth), divide(replicas + 1, fleet, byBoth)]
        for (const [name, count] of Object.entries(before)) expect(after[name] ?? 0).toBeGreaterThanOrEqual(count)
      }),
      runs,
    )
  })

  test('no change of inputs, no move; nor when prices, load and room change', () => {
    fc.assert(
      fc.property(anyFleet, anyFleet, fc.integer({ min: 1, max: 12 }), (fleet, others, replicas) => {
        const start = fresh(fleet)
        const placed = divide(replicas, start, byBoth)
        fc.pre(sum(Object.values(placed)) > 0)
        const after = (row: Fleet) =>
          Object.fromEntries(Object.entries(row).map(([name, given]) => [name, { ...given, held: placed[name] ?? 0 }]))
        const left = (given: Given | undefined, name: string) => (given?.room ?? 0) - (placed[name] ?? 0)
        const same = Object.fromEntries(
          Object.entries(after(start)).map(([name, given]) => [name, { ...given, room: left(given, name) }]),
        )
        expect(divide(sum(Object.values(placed)), same, byBoth)).toEqual(placed)
        const changed = Object.fromEntries(
          Object.keys(start).map((name) => [name, others[name] ?? { room: 0, price: 1 }]),
        )
        expect(divide(sum(Object.values(placed)), after(changed), byBoth)).toEqual(placed)
      }),
      runs,
    )
  })

  test('a higher price never gives a cluster more', () => {
    fc.assert(
      fc.property(
        anyFleet,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (fleet, replicas, more) => {
          const start = fresh(fleet)
          const dearer = { ...start, c0: { room: 0, ...start['c0'], price: (start['c0']?.price ?? 0) + more / 100 } }
          const [before, after] = [divide(replicas, start, byBoth), divide(replicas, dearer, byBoth)]
          expect(after['c0'] ?? 0).toBeLessThanOrEqual(before['c0'] ?? 0)
        },
      ),
      runs,
    )
  })

  test('a cluster that cannot be used changes nothing, whatever it costs', () => {
    fc.assert(
      fc.property(anyFleet, fc.integer({ min: 1, max: 12 }), fc.nat(9), (fleet, replicas, price) => {
        const more = { ...fleet, z: { room: 9, price: price / 100, row: { ready: false } } }
        expect(divide(replicas, more, byBoth)).toEqual(divide(replicas, fleet, byBoth))
      }),
      runs,
    )
  })

  test('shuffled clusters and sheets give identical bytes', () => {
    fc.assert(
      fc.property(anyFleet, fc.integer({ min: 1, max: 12 }), (fleet, replicas) => {
        const reversed = Object.fromEntries(Object.entries(fleet).toReversed())
        const decide = (given: Fleet) =>
          JSON.stringify(schedule(requestOf(replicas, fleet, byBoth), snapshotOf(given), options))
        expect(decide(reversed)).toBe(decide(fleet))
      }),
      runs,
    )
  })

  test('Aggregated uses no cluster that is dearer than as few clusters need', () => {
    fc.assert(
      fc.property(anyFleet, fc.integer({ min: 1, max: 12 }), (fleet, replicas) => {
        const start = fresh(fleet)
        const placed = divide(replicas, start, { ...aggregated, objective: { price: 1 } })
        const used = Object.entries(placed).filter(([, count]) => count > 0)
        const wanted = sum(used.map(([, count]) => count))
        const dearest = (names: readonly string[]) => Math.max(0, ...names.map((name) => start[name]?.price ?? 0))
        for (const some of subsets(Object.keys(start), used.length)) {
          if (sum(some.map((name) => start[name]?.room ?? 0)) < wanted) continue
          expect(dearest(used.map(([name]) => name))).toBeLessThanOrEqual(dearest(some))
        }
      }),
      runs,
    )
  })

  test('Aggregated uses no more clusters with costs than without', () => {
    fc.assert(
      fc.property(anyFleet, fc.integer({ min: 1, max: 12 }), (fleet, replicas) => {
        const used = (placement: ScheduleRequest['placement']) =>
          Object.values(divide(replicas, fresh(fleet), placement)).filter((count) => count > 0).length
        expect(used({ ...aggregated, objective: { price: 1 } })).toBe(used(aggregated))
      }),
      runs,
    )
  })
})

/** Of the k-th replica there: its CPU, and how full it makes the cluster. */
function costOfReplica({ price, held = 0, row }: Given = { room: 0, price: 0 }, k: number): number {
  const { requested = 0, allocatable = 1 } = row?.resources?.cpus ?? {}
  const utilisation = (requested + k - held) / allocatable
  const band = Math.min(10, Math.max(0, Math.ceil((utilisation - 0.7) / 0.03 - 1e-9)))
  return price + 0.03 * (band / 10) ** 2
}

/** All ways to place `most` replicas or fewer. */
function* divisions(
  most: number,
  rooms: readonly number[],
  counts: readonly number[] = [],
): Iterable<readonly number[]> {
  const room = rooms[counts.length]
  if (room === undefined) return yield counts
  for (let count = 0; count <= Math.min(room, most); count += 1)
    yield* divisions(most - count, rooms, [...counts, count])
}

/** Of `size` items or fewer. */
function subsets<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return items
    .reduce<readonly (readonly Item[])[]>((found, item) => [...found, ...found.map((some) => [...some, item])], [[]])
    .filter((some) => some.length <= size)
}

function total(counts: readonly number[], costs: readonly (readonly number[])[]): number {
  return sum(counts.map((count, at) => sum((costs[at] ?? []).slice(0, count))))
}

function cheapest(
  wanted: number,
  costs: readonly (readonly number[])[],
  lowest: readonly number[],
  highest: readonly number[],
  counts: readonly number[] = [],
): number {
  const at = counts.length
  if (at === costs.length) return wanted === 0 ? total(counts, costs) : Infinity
  let best = Infinity
  for (let count = lowest[at] ?? 0; count <= Math.min(highest[at] ?? 0, wanted); count += 1) {
    best = Math.min(best, cheapest(wanted - count, costs, lowest, highest, [...counts, count]))
  }
  return best
}
