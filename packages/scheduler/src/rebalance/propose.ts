// What a rebalance of bindings would move, in waves, and what that saves.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Reservation } from '../occupy.ts'
import type { Snapshot } from '../snapshot.ts'
import { Assignment, optionsOf } from './assignment.ts'
import { allowsTarget, optionsOfWork, reasonToStay, withoutBounds, type Work } from './movable.ts'
import { type Move, movesBetween } from './moves.ts'
import { type Problem, problemSteps, type WorkloadInput } from './problem.ts'
import { freeUnits, requestUnits, resourcesOf } from './room-units.ts'
import { costOf } from './objective.ts'
import { rebalance, type RebalanceOptions } from './solve.ts'
import { type Budget, planWaves } from './waves.ts'

export interface ProposeOptions extends Omit<Budget, 'allowanceOf'> {
  /** As of `rebalance`. Default: 2. */
  readonly gate?: number
  /** What is decided and does not show in the clusters' free room yet, by cluster id. */
  readonly reservedOn?: (clusterId: string) => readonly Reservation[]
}

/** To be answered with what `rebalance` has for it: replicas by option. */
export interface Question {
  readonly problem: Problem
  readonly options: RebalanceOptions
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
  const steps = proposeSteps(works, snapshot, options)
  let step = steps.next()
  while (step.done !== true) {
    const question = step.value
    step = steps.next(question && rebalance(question.problem, question.options).replicas)
  }
  return step.value
}

/**
 * The same in steps of some milliseconds: whoever runs it lets others go first where it yields nothing, and answers
 * where it asks, which takes long.
 */
export function* proposeSteps(
  works: readonly Work[],
  snapshot: Snapshot,
  { gate = usualGate, reservedOn, ...budget }: ProposeOptions = {},
): Generator<Question | undefined, Proposal, Int32Array | undefined> {
  const staying = new Map<string, number>()
  const movable = works.filter((work) => {
    const reason = reasonToStay(work, snapshot)
    if (reason !== undefined) staying.set(reason, (staying.get(reason) ?? 0) + 1)
    return reason === undefined
  })
  const problem = yield* toProblem(movable, snapshot, reservedOn)
  const target = yield* solved(problem, { gate })
  const refused = yield* refusedIn(target, movable, snapshot)
  if (refused.size > 0) staying.set("kept by its policy's rules", refused.size)
  const moves = movesBetween(target).filter(({ workload }) => !refused.has(problem.workloads[workload] ?? ''))
  const allowanceOf = new Map(movable.flatMap(({ key, budget: own }) => (own === undefined ? [] : [[key, own]])))
  const { waves, left } = planWaves(problem, moves, { ...budget, allowanceOf })
  const now = new Assignment(problem)
  return {
    currency: snapshot.book.currency,
    cost: { before: costOf(now), after: costOf(after(now, waves.flat())) },
    replicas: now.placed.reduce((sum, count) => sum + count, 0),
    waves: waves.map((wave) => wave.map((move) => nameMove(problem, move, snapshot))),
    left: left.map((move) => nameMove(problem, move, snapshot)),
    gated: yield* gatedBy(problem, target),
    staying,
    next: targetsOf(after(now, waves[0] ?? []), waves[0] ?? []),
  }
}

type Steps<Result> = Generator<Question | undefined, Result, Int32Array | undefined>

function* solved(problem: Problem, options: RebalanceOptions): Steps<Assignment> {
  const replicas = yield { problem, options }
  if (replicas === undefined) throw new FlotillaError('Internal', 'Cannot rebalance: the problem was not solved')
  return new Assignment(problem, replicas)
}

/** Workloads that are looked at between two pauses. */
const worksPerStep = 8

function* toProblem(
  works: readonly Work[],
  snapshot: Snapshot,
  reservedOn: ProposeOptions['reservedOn'] = () => [],
): Steps<Problem> {
  const resources = resourcesOf(works.map(({ request }) => request))
  const held = new Map(
    snapshot.clusters.map((cluster) => [
      cluster.id,
      [...freeUnits(cluster, resources)].map(
        (free, resource) => free - reservedUnits(reservedOn(cluster.id), resource),
      ),
    ]),
  )
  const workloads: WorkloadInput[] = []
  for (const [index, work] of works.entries()) {
    if (index % worksPerStep === 0) yield
    const request = requestUnits(work.request.requirements, resources)
    const options = optionsOfWork(work, snapshot)
    for (const { cluster, current } of options) {
      const room = held.get(cluster) ?? []
      for (const [resource, each] of request.entries()) room[resource] = (room[resource] ?? 0) + current * each
    }
    const { replicas = 0 } = work.request
    const gate = work.gate === undefined ? {} : { gate: work.gate }
    workloads.push({ id: work.key, replicas, request, priority: work.priority, ...gate, options })
  }
  return yield* problemSteps(
    workloads,
    [...held].map(([id, room]) => ({ id, capacity: room.map((units) => Math.max(0, units)) })),
  )

  function reservedUnits(reserved: readonly Reservation[], resource: number): number {
    return reserved.reduce(
      (sum, { replicas, requirements }) => sum + replicas * (requestUnits(requirements, resources)[resource] ?? 0),
      0,
    )
  }
}

/** Keys of works that the scheduler would not have where the solution has them. */
function* refusedIn(target: Assignment, works: readonly Work[], snapshot: Snapshot): Steps<ReadonlySet<string>> {
  const { problem } = target
  const unbounded = withoutBounds(snapshot)
  const byKey = new Map(works.map((work) => [work.key, work]))
  const changed = [...problem.workloads.entries()].filter(([workload]) => isChanged(target, workload))
  const refused = new Set<string>()
  for (const [index, [workload, key]] of changed.entries()) {
    if (index % worksPerStep === 0) yield
    const work = byKey.get(key)
    if (work === undefined) throw new FlotillaError('Internal', `Cannot rebalance ${key}: it was never asked about`)
    if (!allowsTarget(work, placementOf(target, workload), unbounded)) refused.add(key)
  }
  return refused
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
function* gatedBy(problem: Problem, target: Assignment): Steps<Proposal['gated']> {
  const gate = new Float64Array(problem.gate.length).fill(Number.NaN)
  const freely = yield* solved({ ...problem, gate, current: target.replicas }, {})
  const moved = movesBetween(freely).filter(({ from }) => from !== undefined)
  const replicas = moved.reduce((sum, move) => sum + move.replicas, 0)
  return replicas === 0 ? { replicas: 0, saving: 0 } : { replicas, saving: costOf(target) - costOf(freely) }
}
