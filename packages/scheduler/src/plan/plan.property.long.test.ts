// Any fleet after any change: plans come to rest, depend on no order and promise no room twice.
import { canonicalJson } from '@flotilla/machinery/json'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultCostBook } from '../cost/default-book.ts'
import { aggregated, byCount, byRoom, byWeight } from '../fixtures.ts'
import { isBoundByRoom } from '../mode.ts'
import type { ScheduleRequest } from '../request.ts'
import type { ClusterRow } from '../snapshot.ts'
import { asking, aWork, withNodes } from './fixtures.ts'
import type { Fleet, Work } from './fleet.ts'
import { addLike, drainCluster, loseCluster, scaleLoad } from './patches.ts'
import { planChange } from './plan.ts'
import { settle } from './settle.ts'

const names = ['a', 'b', 'c', 'd']
const runs = { numRuns: 1000 }

const clusterAffinities = [
  { affinityName: 'first', clusterNames: ['a', 'b'] },
  { affinityName: 'second', clusterNames: ['c'] },
  { affinityName: 'third' },
]
const anyDivision = fc.oneof(
  fc.constant(byRoom),
  fc.constant(aggregated),
  fc.dictionary(fc.constantFrom(...names), fc.nat(3)).map(byWeight),
  fc.array(fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 4 })), { maxLength: 3 }).map(byCount),
  fc.constant({}),
)
const anyPlacement: fc.Arbitrary<ScheduleRequest['placement']> = fc
  .tuple(anyDivision, fc.constantFrom('tiers', 'plain', 'spread'))
  .map(([division, kind]) => {
    if (kind === 'tiers' && division !== byWeight({})) return { ...division, clusterAffinities }
    return kind === 'spread'
      ? { ...division, spreadConstraints: [{ spreadByField: 'region', maxGroups: 2 }] }
      : division
  })
const anyCluster = (name: string) =>
  fc
    .tuple(fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 3 }), fc.constantFrom('eu', 'us', 'ap'))
    .map(([cpus, region]) => withNodes(name, cpus, { region }))
const anyWork = (name: string): fc.Arbitrary<Work> =>
  fc
    .record({ placement: anyPlacement, replicas: fc.nat(8), cpu: fc.integer({ min: 1, max: 3 }), priority: fc.nat(1) })
    .map(({ placement, replicas, cpu, priority }) => aWork(name, { placement, replicas, ...asking(cpu) }, { priority }))
const anyFleet: fc.Arbitrary<Fleet> = fc.record({
  clusters: fc.tuple(...names.map(anyCluster)),
  book: fc.constant(defaultCostBook),
  works: fc.tuple(...['u', 'v', 'w', 'x', 'y'].map(anyWork)),
})

type Change = (fleet: Fleet) => Fleet

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...names).map(
    (name): Change =>
      (fleet) =>
        loseCluster(fleet, name),
  ),
  fc.constantFrom(...names).map(
    (name): Change =>
      (fleet) =>
        drainCluster(fleet, name),
  ),
  fc.constantFrom(...names).map(
    (name): Change =>
      (fleet) =>
        addLike(fleet, 'new', name),
  ),
  fc.constantFrom(0, 0.5, 1.5, 3).map(
    (factor): Change =>
      (fleet) =>
        scaleLoad(fleet, factor, () => true),
  ),
  fc.record({ at: fc.nat(4), placement: anyPlacement }).map(({ at, placement }): Change => (fleet) => ({
    ...fleet,
    works: fleet.works.map((work, index) =>
      index === at ? { ...work, request: { ...work.request, placement } } : work,
    ),
  })),
)

function freeCpu({ shapes = [] }: ClusterRow): number {
  return shapes.reduce(
    (sum, { free, count }) => sum + count * Number((free.get('cpu')?.nanos ?? 0n) / 1_000_000_000n),
    0,
  )
}

/** CPUs of replicas that run on the cluster. */
function usedCpu({ works }: Fleet, clusterId: string): number {
  return works.reduce((sum, { request: { previous, requirements }, unready }) => {
    const entry = previous?.clusters.find(({ id }) => id === clusterId)
    const running = Math.max(entry?.replicas ?? 0, entry?.from ?? 0) - (unready.get(clusterId) ?? 0)
    return sum + running * Number(requirements?.resourceRequest?.['cpu'] ?? 0)
  }, 0)
}

test('planChange() of what is planned already plans nothing', () => {
  fc.assert(
    fc.property(anyFleet, anyChange, (fleet, change) => {
      const now = settle(fleet)
      const { fleet: then } = planChange(now, change(now), 'first')
      const again = planChange(then, then, 'second')
      expect(again.status.workloads).toEqual([])
      expect(again.fleet.works.map(({ request }) => request.previous)).toEqual(
        then.works.map(({ request }) => request.previous),
      )
    }),
    runs,
  )
})

test('planChange() gives the same bytes in any order of clusters and works', () => {
  const anyOrders = fc.tuple(
    fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
    fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
  )
  fc.assert(
    fc.property(anyFleet, anyChange, anyOrders, (fleet, change, [clusters, works]) => {
      const now = settle(fleet)
      const changed = change(now)
      const shuffled = {
        ...changed,
        clusters: [...clusters.flatMap((at) => changed.clusters[at] ?? []), ...changed.clusters.slice(4)],
        works: works.flatMap((at) => changed.works[at] ?? []),
      }
      expect(canonicalJson(planChange(now, shuffled, '').status)).toBe(
        canonicalJson(planChange(now, changed, '').status),
      )
    }),
    runs,
  )
})

test('planChange() promises no room twice', () => {
  fc.assert(
    fc.property(anyFleet, anyChange, (fleet, change) => {
      const now = settle(fleet)
      const changed = change(now)
      const { fleet: then } = planChange(now, changed, '')
      for (const row of then.clusters) {
        const before = changed.clusters.find(({ id }) => id === row.id)
        const given = freeCpu(before ?? row) - freeCpu(row)
        expect(given).toBe(usedCpu(then, row.id) - usedCpu(now, row.id))
        for (const { free } of row.shapes ?? []) expect(free.get('cpu')?.nanos).toBeGreaterThanOrEqual(0n)
      }
      const pending = new Set(now.works.filter(({ unready }) => unready.size > 0).map(({ key }) => key))
      for (const { key, request, unready } of then.works) {
        if (isBoundByRoom(request.placement) && !pending.has(key)) expect([...unready]).toEqual([])
      }
    }),
    runs,
  )
})

test('planChange() of a lost cluster moves only its replicas when others have room', () => {
  const roomy = fc.tuple(...names.map((name) => fc.constant(withNodes(name, [1000]))))
  const anyPlain = fc.constantFrom(byRoom, aggregated, byWeight({ a: 1, b: 2, c: 1, d: 3 }))
  const works = fc.tuple(
    ...['u', 'v', 'w'].map((name) =>
      fc.tuple(anyPlain, fc.nat(30)).map(([placement, replicas]) => aWork(name, { placement, replicas, ...asking(1) })),
    ),
  )
  fc.assert(
    fc.property(
      fc.record({ clusters: roomy, book: fc.constant(defaultCostBook), works }),
      fc.constantFrom(...names),
      (fleet, name) => {
        const now = settle(fleet)
        const { status } = planChange(now, loseCluster(now, name), '')
        for (const { moves } of status.workloads) {
          expect(moves.filter(({ from, to }) => to < from).map(({ cluster }) => cluster)).toEqual([name])
          expect(moves.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(0)
        }
        expect(status.totals).toMatchObject({ added: 0, removed: 0, missing: { from: 0, to: 0 } })
      },
    ),
    runs,
  )
})

/** What runs of each work, by cluster name: what may, but for what is not there yet. */
function runningOf({ works }: Fleet): Map<string, Map<string, number>> {
  return new Map(
    works.map(({ workload, request: { previous }, unready }) => {
      const clusters = (previous?.clusters ?? []).map((entry): [string, number] => [
        entry.name,
        Math.max(entry.replicas ?? 0, entry.from ?? 0) - (unready.get(entry.id) ?? 0),
      ])
      return [workload.name, new Map(clusters.filter(([, replicas]) => replicas > 0))]
    }),
  )
}

test('planChange() tells waves that lead from what runs to what will, by room never below what is wanted', () => {
  const sum = (running: ReadonlyMap<string, number> = new Map()) => [...running.values()].reduce((a, b) => a + b, 0)
  fc.assert(
    fc.property(anyFleet, fc.constantFrom(...names), (fleet, name) => {
      const now = settle(fleet)
      const { status, fleet: then } = planChange(now, drainCluster(now, name), '')
      const running = runningOf(now)
      const bound = now.works.filter(({ request }) => isBoundByRoom(request.placement))
      const least = new Map(
        bound.map(({ workload: { name: work }, request }) => [
          work,
          Math.min(sum(running.get(work)), request.replicas ?? 0),
        ]),
      )
      const problems: string[] = []
      for (const { moves } of status.waves) {
        for (const { workload, cluster, from, to } of moves) {
          const clusters = running.get(workload.name)
          if ((clusters?.get(cluster) ?? 0) !== from) problems.push(`${workload.name} ${cluster} has not ${from}`)
          if (to === 0) clusters?.delete(cluster)
          else clusters?.set(cluster, to)
        }
        for (const [work, wanted] of least) {
          if (sum(running.get(work)) < wanted) problems.push(`${work} is below ${wanted}`)
        }
      }
      expect(problems).toEqual([])
      expect(running).toEqual(runningOf(then))
    }),
    runs,
  )
})
