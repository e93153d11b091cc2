// Preferences between workloads: where growth goes first, and what they leave alone.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aFleet, aggregated, aRequest, byRoom, replicasOf, roomFor } from './fixtures.ts'
import type { Neighbours, OwnCompany } from './neighbours.ts'
import type { ScheduleRequest } from './request.ts'
import { schedule } from './schedule.ts'
import { createSnapshot } from './snapshot.ts'
import { whyNot } from './why-not.ts'

const options = { trigger: 'Test' }
const on = (...clusters: readonly string[]): OwnCompany => ({
  group: 'app=cache',
  topology: { spreadByField: 'cluster' },
  residents: new Map(clusters.map((name) => [`id-${name}`, new Map([['shop/cache', 'Deployment cache']])])),
  isMember: false,
})
const near = (...clusters: readonly string[]): Neighbours => ({
  name: 'Deployment web',
  avoidedBy: [],
  preferredAffinity: on(...clusters),
})
const away = (...clusters: readonly string[]): Neighbours => ({
  name: 'Deployment web',
  avoidedBy: [],
  preferredAntiAffinity: on(...clusters),
})
const modes = [
  { mode: 'dynamicWeight', placement: byRoom },
  { mode: 'Aggregated', placement: aggregated },
]

describe.each(modes)('schedule() by $mode with preferences between workloads', ({ placement }) => {
  const request = (replicas: number, neighbours: Neighbours, more: Partial<ScheduleRequest> = {}) =>
    aRequest({ replicas, placement, neighbours, ...more })

  test('fills clusters beside the group first, then the others', () => {
    const fleet = aFleet({ a: 9, b: 4, c: 2 })
    expect(replicasOf(schedule(request(6, near('b', 'c')), fleet, options))).toEqual({ b: 4, c: 2 })
    expect(replicasOf(schedule(request(4, near('b')), fleet, options))).toEqual({ b: 4 })
    expect(replicasOf(schedule(request(6, near('b')), fleet, options))).toMatchObject({ b: 4 })
    expect(schedule(request(15, near('b')), fleet, options).shortfall).toBeUndefined()
  })

  test('fills clusters away from the group first', () => {
    const fleet = aFleet({ a: 9, b: 4 })
    expect(replicasOf(schedule(request(4, away('a')), fleet, options))).toEqual({ b: 4 })
    expect(replicasOf(schedule(request(6, away('a')), fleet, options))).toEqual({ a: 2, b: 4 })
  })

  test('moves nothing that runs, whoever comes', () => {
    const previous = schedule(request(4, near('a')), aFleet({ a: 4, b: 9 }), options)
    expect(replicasOf(previous)).toEqual({ a: 4 })
    const later = aFleet({ a: 0, b: 9 })
    expect(schedule(request(4, near('b'), { previous }), later, options)).toBe(previous)
    expect(replicasOf(schedule(request(6, near('b'), { previous }), later, options))).toEqual({ a: 4, b: 2 })
  })

  test('takes clusters alike where nobody is placed whom it should be beside', () => {
    const fleet = aFleet({ a: 9, b: 4 })
    const { preferredAffinity: _, ...indifferent } = near()
    expect(schedule(request(8, near()), fleet, options).clusters).toEqual(
      schedule(request(8, indifferent), fleet, options).clusters,
    )
  })

  test('puts tiers first', () => {
    const clusterAffinities = [
      { affinityName: 'home', clusterNames: ['a'] },
      { affinityName: 'cloud', clusterNames: ['b'] },
    ]
    const tiered = { placement: { ...placement, clusterAffinities } }
    const fleet = aFleet({ a: 4, b: 9 })
    expect(replicasOf(schedule(request(6, near('b'), tiered), fleet, options))).toEqual({ a: 4, b: 2 })
  })

  test('why-not names the other workload', () => {
    const { verdict, reasons } = whyNot(request(3, near('b')), aFleet({ a: 9, b: 4 }), 'id-a')
    expect(verdict).toBe('Possible')
    expect(reasons).toContainEqual({
      rule: 'workloadAffinity',
      message: 'preferredAffinity to app=cache: Deployment cache is on b',
    })
  })
})

const names = ['a', 'b', 'c', 'd', 'e']
const anyWorld = fc.record({
  placement: fc.constantFrom(byRoom, aggregated),
  room: fc.tuple(...names.map(() => fc.nat(6))),
  there: fc.subarray(names),
  isNear: fc.boolean(),
  replicas: fc.nat(30),
  more: fc.nat(10),
})
const sumOf = (replicas: Readonly<Record<string, number | 'whole'>>) =>
  Object.values(replicas).reduce<number>((sum, each) => sum + Number(each), 0)

test('schedule() with preferences places as much as without, takes nothing from anybody, and prefers as far as there is room', () => {
  fc.assert(
    fc.property(anyWorld, ({ placement, room, there, isNear, replicas, more }) => {
      const roomOf = (taken: Readonly<Record<string, number | 'whole'>>) =>
        createSnapshot(
          names.map((name, index) =>
            aClusterRow({ name, ...roomFor(Math.max(0, (room[index] ?? 0) - Number(taken[name] ?? 0))) }),
          ),
        )
      const neighbours = isNear ? near(...there) : away(...there)
      const first = schedule(aRequest({ placement, replicas, neighbours }), roomOf({}), options)
      const placed = replicasOf(first)
      expect(sumOf(placed)).toBe(
        Math.min(
          replicas,
          room.reduce((sum, each) => sum + each, 0),
        ),
      )
      const isPreferred = (name: string) => there.includes(name) === isNear || (isNear && there.length === 0)
      const isReluctant = names.some((name) => !isPreferred(name) && Number(placed[name] ?? 0) > 0)
      for (const [index, name] of names.entries()) {
        if (isReluctant && isPreferred(name)) expect(Number(placed[name] ?? 0)).toBe(room[index])
      }
      const grown = schedule(
        aRequest({ placement, replicas: replicas + more, neighbours, previous: first }),
        roomOf(placed),
        options,
      )
      for (const name of names) {
        expect(Number(replicasOf(grown)[name] ?? 0)).toBeGreaterThanOrEqual(Number(placed[name] ?? 0))
      }
      const other = isNear ? away(...there) : near(...there)
      const again = aRequest({ placement, replicas, neighbours: other, previous: first })
      expect(schedule(again, roomOf(placed), options).clusters).toEqual(first.clusters)
    }),
    { numRuns: 1000 },
  )
})
