// What a rebalance of bindings would move, in waves, and what that saves.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Snapshot } from '../snapshot.ts'
import { Assignment, optionsOf } from './assignment.ts'
import { allowsTarget, optionsOfWork, reasonToStay, withoutBounds, type Work } from './movable.ts'
import { type Move, movesBetween } from './moves.ts'
import { createProblem, type Problem } from './problem.ts'
import { freeUnits, requestUnits, resourcesOf } from './room-units.ts'
import { costOf } from './objective.ts'
import { rebalance } from './solve.ts'
import { type Budget, planWaves } from './waves.ts'

export interface ProposeOptions extends Budget {
  /** As of `rebalance`. Default: 2. */
  readonly gate?: number
}

export interface ProposedMove {
  /** Of the work. */
  readonly key: string
  /** Names of clusters; no `from`: replicas that had no place. */
  readonly from?: string
  readonly to: string
  readonly replicas: number
  /** What one replica saves an hour; negative for one that makes room. */
  readonly saving: number
}

export interface Proposal {
  readonly currency: string
  /** Of all workloads that may move, an hour, by their own objectives. */
  readonly cost: { readonly before: number; readonly after: number }
  /** Of workloads that may move. */
  readonly replicas: number
  /** Each is carried out when those before it are over. */
  readonly waves: readonly (readonly ProposedMove[])[]
  /** Over the budget, or never with room for both copies. */
  readonly left: readonly ProposedMove[]
  /** Replicas whose moves would save too little, and what. */
  readonly gated: { readonly replicas: number; readonly saving: number }
  /** Workloads that stay, by reason. */
  readonly staying: ReadonlyMap<string, number>
  /** Replicas by cluster id that each work of the first wave is to have once the wave is over, by key. */
  readonly next: ReadonlyMap<string, ReadonlyMap<string, number>>
}

const usualGate = 2

/** Throws BadRequest for selectors that admission refuses. */
export function proposeMoves(works: readonly Work[], snapshot: Snapshot, options: ProposeOptions = {}): Proposal {
  const { gate = usualGate, ...budget } = options
  const staying = new Map<string, number>()
  const movable = works.filter((work) => {
    const reason = reasonToStay(work, snapshot)
    if (reason !== undefined) staying.set(reason, (staying.get(reason) ?? 0) + 1)
    return reason === undefined
  })
  const problem = toProblem(movable, snapshot)
  const target = rebalance(problem, { gate })
  const refused = refusedIn(target, movable, snapshot)
  if (refused.size > 0) staying.set("kept by its policy's rules", refused.size)
  const moves = movesBetween(target).filter(({ workload }) => !refused.has(problem.workloads[workload] ?? ''))
  const { waves, left } = planWaves(problem, moves, budget)
  const now = new Assignment(problem)
  return {
    currency: snapshot.book.currency,
    cost: { before: costOf(now), after: costOf(after(now, waves.flat())) },
    replicas: now.placed.reduce((sum, count) => sum + count, 0),
    waves: waves.map((wave) => wave.map((move) => nameMove(problem, move, snapshot))),
    left: left.map((move) => nameMove(problem, move, snapshot)),
    gated: gatedBy(problem, target),
    staying,
    next: targetsOf(after(now, waves[0] ?? []), waves[0] ?? []),
  }
}

function toProblem(works: readonly Work[], snapshot: Snapshot): Problem {
  const resources = resourcesOf(works.map(({ request }) => request))
  const held = new Map(snapshot.clusters.map((cluster) => [cluster.id, [...freeUnits(cluster, resources)]]))
  const workloads = works.map((work) => {
    const request = requestUnits(work.request, resources)
    const options = optionsOfWork(work, snapshot)
    for (const { cluster, current } of options) {
      const room = held.get(cluster) ?? []
      for (const [resource, each] of request.entries()) room[resource] = (room[resource] ?? 0) + current * each
    }
    const { replicas = 0, placement } = work.request
    const { locality } = placement.objective ?? {}
    const bound = locality === undefined ? {} : { locality }
    return { id: work.key, replicas, request, priority: work.priority, options, ...bound }
  })
  return createProblem(
    workloads,
    [...held].map(([id, capacity]) => ({ id, capacity })),
  )
}

/** Keys of works that the scheduler would not have where the solution has them. */
function refusedIn(target: Assignment, works: readonly Work[], snapshot: Snapshot): ReadonlySet<string> {
  const { problem } = target
  const unbounded = withoutBounds(snapshot)
  const byKey = new Map(works.map((work) => [work.key, work]))
  const changed = [...problem.workloads.entries()].filter(([workload]) => isChanged(target, workload))
  const refused = changed.filter(([workload, key]) => {
    const work = byKey.get(key)
    if (work === undefined) throw new FlotillaError('Internal', `Cannot rebalance ${key}: it was never asked about`)
    return !allowsTarget(work, placementOf(target, workload), unbounded)
  })
  return new Set(refused.map(([, key]) => key))
}

function isChanged({ problem, replicas }: Assignment, workload: number): boolean {
  const [from, to] = optionsOf(problem, workload)
  for (let option = from; option < to; option++) if (replicas[option] !== problem.current[option]) return true
  return false
}

/** Replicas by cluster id, without zeros. */
function placementOf({ problem, replicas }: Assignment, workload: number): ReadonlyMap<string, number> {
  const [from, to] = optionsOf(problem, workload)
  const placement = new Map<string, number>()
  for (let option = from; option < to; option++) {
    const count = replicas[option] ?? 0
    if (count > 0) placement.set(problem.clusters[problem.cluster[option] ?? 0] ?? '', count)
  }
  return placement
}

function after(now: Assignment, moves: readonly Move[]): Assignment {
  const then = now.copy()
  for (const { from, to, replicas } of moves) {
    then.add(to, replicas)
    if (from !== undefined) then.add(from, -replicas)
  }
  return then
}

function targetsOf(then: Assignment, wave: readonly Move[]): Proposal['next'] {
  const workloads = new Set(wave.map(({ workload }) => workload))
  return new Map([...workloads].map((each) => [then.problem.workloads[each] ?? '', placementOf(then, each)]))
}

function nameMove(
  { workloads, clusters, cluster }: Problem,
  { workload, from, to, replicas, saving }: Move,
  { byId }: Snapshot,
): ProposedMove {
  const nameOf = (option: number) => byId.get(clusters[cluster[option] ?? 0] ?? '')?.name ?? ''
  const key = workloads[workload] ?? ''
  return { key, ...(from === undefined ? {} : { from: nameOf(from) }), to: nameOf(to), replicas, saving }
}

/** What moves besides where whatever saves moves. */
function gatedBy(problem: Problem, target: Assignment): Proposal['gated'] {
  const freely = rebalance({ ...problem, current: target.replicas })
  const moved = movesBetween(freely).filter(({ from }) => from !== undefined)
  const replicas = moved.reduce((sum, move) => sum + move.replicas, 0)
  return replicas === 0 ? { replicas: 0, saving: 0 } : { replicas, saving: costOf(target) - costOf(freely) }
}
