// What a plan comes to: each workload before and after, and the sums.
import type { PlannedWorkload, PlanStatus } from '@flotilla/api/plan'
import { deepEqual } from '@flotilla/machinery/json'
import { compareTurns } from '../order.ts'
import { compareText } from '../snapshot.ts'
import { mapSteps } from '../steps.ts'
import { compareCostSteps } from './cost-sums.ts'
import { type Fleet, lackingOn, mayRun, replicasOn, type Work } from './fleet.ts'

type Compared = Pick<PlanStatus, 'workloads' | 'totals'>

/** `after`: settled. Works of `before` that `after` lacks are not compared. In steps of some milliseconds. */
export function* compareSteps(before: Fleet, after: Fleet): Generator<void, Compared> {
  const known = new Map(before.works.map((work) => [work.key, work]))
  const works = after.works.toSorted(compareTurns)
  const all = yield* mapSteps(works, (work) => compareWork(known.get(work.key), work))
  const workloads = all.filter((each, index) => isChanged(each, known.get(works[index]?.key ?? '')))
  const costs = yield* compareCostSteps(before, after)
  const sums = { ...sumsOf(all), workloads: workloads.length, emptied: emptiedOf(before, after) }
  return { workloads, totals: { ...sums, ...(costs && { costs }) } }
}

function compareWork(before: Work | undefined, after: Work): PlannedWorkload {
  const reason = reasonOf(after)
  return {
    workload: after.workload,
    ...(after.policy === undefined ? {} : { policy: after.policy }),
    priority: after.priority,
    isNew: after.isNew,
    ...(after.removal === undefined ? {} : { removal: after.removal }),
    replicas: { from: before?.request.replicas ?? 0, to: after.removal ? 0 : (after.request.replicas ?? 0) },
    moves: movesBetween(before, after),
    missing: { from: missingOf(before), to: missingOf(after) },
    ...(reason === undefined ? {} : { reason }),
    pending: pendingOf(after),
    staying: stayingOf(after),
  }
}

/** Why not all of it has a place. */
function reasonOf({ request, removal }: Work): string | undefined {
  const message = removal === undefined ? request.previous?.shortfall?.message : undefined
  const given = [...(request.yields?.values() ?? [])].map((each) => each.message)
  return message === undefined ? undefined : [message, ...given].join('; ')
}

function isChanged(planned: PlannedWorkload, before: Work | undefined): boolean {
  const { isNew, removal, replicas, moves, missing, pending } = planned
  if (isNew || removal || replicas.from !== replicas.to || moves.length > 0 || missing.from !== missing.to) return true
  return pending.length > 0 && !deepEqual(pending, before && pendingOf(before))
}

function movesBetween(before: Work | undefined, after: Work): PlannedWorkload['moves'] {
  const [had, has] = [clustersOf(before), clustersOf(after)]
  const all = new Map([...had, ...has])
  return [...all]
    .map(([id, { name }]) => ({ cluster: name, from: had.get(id)?.replicas ?? 0, to: has.get(id)?.replicas ?? 0 }))
    .filter(({ from, to }) => from !== to)
    .sort((left, right) => compareText(left.cluster, right.cluster))
}

interface Held {
  readonly name: string
  readonly replicas: number
}

function clustersOf(work: Work | undefined): ReadonlyMap<string, Held> {
  const clusters = work?.request.previous?.clusters ?? []
  return new Map(clusters.map((entry) => [entry.id, { name: entry.name, replicas: replicasOn(entry) }]))
}

/** Objects without replicas count as one. */
function missingOf(work: Work | undefined): number {
  const shortfall = work?.request.previous?.shortfall
  if (shortfall === undefined || work?.removal !== undefined) return 0
  return work?.request.replicas === undefined ? 1 : shortfall.missingReplicas
}

function pendingOf({ request, removal, unready }: Work): PlannedWorkload['pending'] {
  if (request.replicas === undefined || removal !== undefined) return []
  const clusters = request.previous?.clusters ?? []
  return clusters
    .map((entry) => ({
      cluster: entry.name,
      replicas: lackingOn(entry, mayRun(entry) - (unready.get(entry.id) ?? 0)),
    }))
    .filter(({ replicas }) => replicas > 0)
}

/** What runs on clusters that are to have less, since nothing replaces it. */
function stayingOf({ request, removal, unready }: Work): PlannedWorkload['staying'] {
  if (removal !== undefined) return []
  return (request.previous?.clusters ?? [])
    .map((entry) => ({
      cluster: entry.name,
      replicas: mayRun(entry) - (unready.get(entry.id) ?? 0) - replicasOn(entry),
    }))
    .filter(({ replicas }) => replicas > 0)
}

function sumsOf(all: readonly PlannedWorkload[]): Omit<Compared['totals'], 'workloads' | 'emptied' | 'costs'> {
  const [sums, missing] = [
    { moved: 0, added: 0, removed: 0 },
    { from: 0, to: 0 },
  ]
  for (const each of all) {
    const grown = each.moves.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0)
    const shrunk = each.moves.reduce((sum, { from, to }) => sum + Math.max(0, from - to), 0)
    const moved = Math.min(grown, shrunk)
    sums.moved += moved
    sums.added += grown - moved
    sums.removed += shrunk - moved
    missing.from += each.missing.from
    missing.to += each.missing.to
  }
  return { ...sums, missing }
}

/** Names of clusters that had something and have nothing. */
function emptiedOf(before: Fleet, after: Fleet): readonly string[] {
  const [had, has] = [usedBy(before), usedBy(after)]
  return [...had].flatMap(([id, name]) => (has.has(id) ? [] : [name])).sort(compareText)
}

/** Names of clusters that have something, by id. */
function usedBy({ works }: Fleet): ReadonlyMap<string, string> {
  const entries = works.flatMap(({ request, removal }) =>
    removal === 'Deleted' ? [] : (request.previous?.clusters ?? []),
  )
  return new Map(entries.filter((entry) => mayRun(entry) > 0).map(({ id, name }) => [id, name]))
}
