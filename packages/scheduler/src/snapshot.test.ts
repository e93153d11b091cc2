import { parseQuantity } from '@flotilla/machinery/quantity'
import type { Decision } from '@flotilla/api/resource-binding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aBook, aPrice, aPriceSheet } from './cost/fixtures.ts'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight, roomFor } from './fixtures.ts'
import type { ScheduleRequest } from './request.ts'
import { explainAll, schedule } from './schedule.ts'
import { type ClusterRow, createSnapshot, replaceRows, type Snapshot } from './snapshot.ts'

const names = ['a', 'b', 'c', 'd', 'e'] as const
const rowsOf = (rooms: readonly number[]) =>
  rooms.map((pods, index) => aClusterRow({ name: names[index] ?? '', ...roomFor(pods) }))

describe('replaceRows()', () => {
  const before = createSnapshot(rowsOf([3, 4, 5]))
  const [a, b] = before.clusters as [ClusterRow, ClusterRow]

  test('leaves the snapshot that it is given as it is', () => {
    const after = replaceRows(before, [{ ...b, region: 'eu' }])
    expect(before.clusters.map(({ region }) => region)).toEqual(['', '', ''])
    expect(after.clusters.map(({ region }) => region)).toEqual(['', 'eu', ''])
    expect([before.byId.get(b.id)?.region, after.byId.get(b.id)?.region]).toEqual(['', 'eu'])
  })

  test('keeps the facts of all while only room changes', () => {
    const resources = { cpus: { allocatable: 8, requested: 1 }, memoryGiB: { allocatable: 8, requested: 1 } }
    const copy = { ...b, kinds: new Set(b.kinds), properties: new Map(b.properties), labels: { ...b.labels } }
    expect(replaceRows(before, [{ ...copy, ...roomFor(1), resources }]).facts).toBe(before.facts)
  })

  test.each<{ readonly name: string; readonly change: Partial<ClusterRow> }>([
    { name: 'labels', change: { labels: { tier: 'test' } } },
    { name: 'taints', change: { taints: [{ key: 'k', effect: 'NoSchedule' }] } },
    { name: 'readiness', change: { ready: false } },
    { name: 'kinds', change: { kinds: new Set(['apps/Deployment']) } },
    { name: 'kinds that are not known', change: { kinds: new Set() } },
    { name: 'placed kinds', change: { placedKinds: new Set(['example.com/Flower']) } },
    { name: 'properties', change: { properties: new Map([['p', { values: new Set(['x']), isRead: true }]]) } },
  ])('has other facts of the one whose $name change', ({ change }) => {
    const { facts } = replaceRows(before, [{ ...b, ...change }])
    expect(facts.map((each, index) => each === before.facts[index])).toEqual([true, false, true])
  })

  test('has other facts where room becomes known', () => {
    const { shapes: _, ...unknown } = a
    const without = replaceRows(before, [unknown])
    expect(without.facts[0]).not.toBe(before.facts[0])
    expect(replaceRows(without, [a]).facts[0]?.shapes).toBeDefined()
  })

  test('leaves out what is not registered', () => {
    expect(replaceRows(before, [aClusterRow({ name: 'z' })]).clusters).toEqual(before.clusters)
  })
})

const anyRow = fc.record({
  ready: fc.boolean(),
  labels: fc.constantFrom({}, { tier: 'production' }, { tier: 'test' }),
  region: fc.constantFrom('', 'eu', 'us'),
  taints: fc.constantFrom(
    [],
    [{ key: 'k', effect: 'NoSchedule' as const }],
    [{ key: 'k', effect: 'NoExecute' as const }],
  ),
  kinds: fc.constantFrom(new Set(['apps/Deployment']), new Set<string>()),
  pods: fc.option(fc.nat(9), { nil: undefined }),
  requested: fc.option(fc.nat(10), { nil: undefined }),
})

const anyStep = fc.array(fc.record({ name: fc.constantFrom(...names), isGone: fc.boolean(), row: anyRow }), {
  minLength: 1,
  maxLength: 3,
})

function toRow(name: string, { pods, requested, ...rest }: typeof anyRow extends fc.Arbitrary<infer T> ? T : never) {
  const use = requested === undefined ? undefined : { allocatable: 10, requested }
  const free = new Map([...(pods === undefined ? [] : [['pods', parseQuantity(pods)] as const]), cpu])
  return aClusterRow({
    name,
    ...rest,
    ...(pods === undefined ? {} : { shapes: [{ free, labels: {}, taints: [], count: 2 }] }),
    ...(use === undefined ? {} : { resources: { cpus: use, memoryGiB: use } }),
  })
}

const cpu = ['cpu', parseQuantity(100)] as const
const options = { trigger: 'Test' }
const divided = { replicaSchedulingType: 'Divided' as const }
const production = { clusterAffinity: { labelSelector: { matchLabels: { tier: 'production' } } } }
const requests = [
  { ...byWeight({ a: 1, b: 2, c: 3 }) },
  { ...production, replicaScheduling: divided },
  { ...production, ...byRoom },
  { ...aggregated, clusterTolerations: [{ key: 'k', operator: 'Exists' as const }] },
  { replicaScheduling: divided, objective: { price: 1, load: 1 } },
  { replicaScheduling: divided, spreadConstraints: [{ spreadByField: 'region' as const, maxGroups: 1 }] },
  {
    clusterAffinities: [{ affinityName: 'eu', fieldSelector: { matchExpressions: [inEu()] } }, { affinityName: 'all' }],
  },
].map((placement) =>
  aRequest({ replicas: 7, placement, requirements: { resourceRequest: { cpu: '1' } }, isGrowthReady: true }),
)

function inEu() {
  return { key: 'region' as const, operator: 'In' as const, values: ['eu'] }
}

const book = aBook({
  priceSheets: [
    aPriceSheet('prices', [
      { ...aPrice(undefined, 1), targetCluster: { fieldSelector: { matchExpressions: [inEu()] } } },
      aPrice(undefined, 2),
    ]),
  ],
})

/** Of which nothing can be known. */
function unseen(rows: Iterable<ClusterRow>): Snapshot {
  const copies = [...rows].map((row) => (row.shapes ? { ...row, shapes: [...row.shapes] } : { ...row }))
  return createSnapshot(copies, { ...book })
}

test('a decision is the same whatever was decided, and of which snapshots, before', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 5 }), (steps) => {
      let snapshot = createSnapshot([], book)
      const rows = new Map<string, ClusterRow>()
      const decisions = new Map<ScheduleRequest, Decision>()
      for (const step of steps) {
        const joinsOrLeaves = step.some(({ name, isGone }) => isGone === rows.has(name))
        for (const { name, isGone, row } of step) {
          if (isGone) rows.delete(name)
          else rows.set(name, toRow(name, row))
        }
        const changed = step.flatMap(({ name }) => rows.get(name) ?? [])
        snapshot = joinsOrLeaves ? createSnapshot(rows.values(), book) : replaceRows(snapshot, changed)
        const fresh = unseen(rows.values())
        for (const request of requests) {
          const previous = decisions.get(request)
          const asked = previous ? { ...request, previous } : request
          const askedFirst = { ...asked, placement: { ...request.placement } }
          const decision = schedule(asked, snapshot, options)
          expect(decision).toEqual(schedule(askedFirst, fresh, options))
          expect(explainAll(asked, snapshot, options)).toEqual(explainAll(askedFirst, fresh, options))
          decisions.set(request, decision)
        }
      }
    }),
    { numRuns: 300 },
  )
})
