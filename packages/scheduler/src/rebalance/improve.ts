// Local search: moves and exchanges that lower the cost and lose no place. Every step is better than what was before.
import { type Assignment, optionsOf } from './assignment.ts'
import { placeCheapest } from './construct.ts'
import { carryOut, findRoom, type Step } from './make-room.ts'
import { byPriority, costOf, costOfAdding, type Levels, noticeable, type Objective } from './objective.ts'
import { reducedCost } from './prices.ts'

/** A pass that saves less than this share ends the search. */
const leastShareOfPass = 1e-3
const mostPasses = 12
/** Workloads between two yields. */
const stride = 256

/** Moves to where there is room and exchanges, until a pass brings next to nothing. Yields after some workloads each. */
export function* improve(
  objective: Objective,
  assignment: Assignment,
  levels: Levels,
  prices: Float64Array,
): Generator<void, void> {
  for (let pass = 0; pass < mostPasses; pass++) {
    let saved = 0
    for (const workload of objective.problem.replicas.keys()) {
      saved += shift(objective, assignment, workload) + exchange(objective, assignment, workload, prices)
      if (workload % stride === 0) yield
    }
    yield* placeMissing(objective, assignment, levels)
    if (saved < leastShareOfPass * costOf(assignment)) return
  }
}

/** Places what is missing and moves what may be moved to where there is room. */
export function* settle(objective: Objective, assignment: Assignment, levels: Levels): Generator<void, void> {
  yield* placeMissing(objective, assignment, levels)
  for (const workload of objective.problem.replicas.keys()) {
    shift(objective, assignment, workload)
    if (workload % stride === 0) yield
  }
}

/** By priority: where there is room, else where another workload can make some. */
export function* placeMissing(objective: Objective, assignment: Assignment, levels: Levels): Generator<void, void> {
  for (const workload of byPriority(assignment, levels)) {
    placeCheapest(objective, assignment, workload)
    while (assignment.missing(workload) > 0 && displace(objective, assignment, workload)) continue
    yield
  }
}

/** Places some where another workload makes room for the least; says whether it has. */
function displace(objective: Objective, assignment: Assignment, workload: number): boolean {
  const [from, to] = optionsOf(objective.problem, workload)
  let best: { readonly option: number; readonly count: number; readonly step: Step } | undefined
  let least = Number.POSITIVE_INFINITY
  for (let option = from; option < to; option++) {
    const on = assignment.on(option)
    const may = Math.min(assignment.missing(workload), (objective.problem.max[option] ?? 0) - on)
    if (may > 1 && findRoom(objective, assignment, option, 1, Number.POSITIVE_INFINITY) === undefined) continue
    for (let count = may; count > 0; count >>= 1) {
      const own = costOfAdding(objective, option, on, count)
      const step = findRoom(objective, assignment, option, count, least * count - own)
      if (step === undefined) continue
      best = { option, count, step }
      least = (own + step.cost) / count
      break
    }
  }
  if (best === undefined) return false
  carryOut(assignment, best.step)
  assignment.add(best.option, best.count)
  return true
}

/** Moves replicas to cheaper clusters that have room; returns what that saves. */
function shift(objective: Objective, assignment: Assignment, workload: number): number {
  const { problem } = objective
  let saved = 0
  for (;;) {
    const dearest = dearestOf(objective, assignment, workload)
    if (dearest === undefined) return saved
    const cheapest = cheapestBelow(objective, assignment, workload, dearest)
    if (cheapest === undefined) return saved
    const on = assignment.on(dearest.option)
    const running = problem.current[dearest.option] ?? 0
    const alike = on > running ? on - running : on
    const movable = Math.min(alike, on - (problem.min[dearest.option] ?? 0))
    const left = (problem.current[cheapest.option] ?? 0) - assignment.on(cheapest.option)
    const count = Math.min(movable, assignment.fit(cheapest.option), left > 0 ? left : movable)
    assignment.add(dearest.option, -count)
    assignment.add(cheapest.option, count)
    saved += count * (dearest.price - cheapest.price)
  }
}

interface Priced {
  readonly option: number
  readonly price: number
}

/** Where the last replica costs most. */
function dearestOf(objective: Objective, assignment: Assignment, workload: number): Priced | undefined {
  const { problem } = objective
  const [from, to] = optionsOf(problem, workload)
  let dearest: Priced | undefined
  for (let option = from; option < to; option++) {
    const on = assignment.on(option)
    if (on <= (problem.min[option] ?? 0)) continue
    const price = -costOfAdding(objective, option, on, -1)
    if (dearest === undefined || price > dearest.price) dearest = { option, price }
  }
  return dearest
}

/** Where one more costs least, and noticeably less than at `dearest`. */
function cheapestBelow(
  objective: Objective,
  assignment: Assignment,
  workload: number,
  dearest: Priced,
): Priced | undefined {
  const [from, to] = optionsOf(objective.problem, workload)
  let least = dearest.price - noticeable * Math.abs(dearest.price)
  let cheapest = -1
  for (let option = from; option < to; option++) {
    if (option === dearest.option) continue
    const price = costOfAdding(objective, option, assignment.on(option), 1)
    if (price < least && assignment.fit(option) > 0) [cheapest, least] = [option, price]
  }
  return cheapest < 0 ? undefined : { option: cheapest, price: least }
}

/**
 * Moves replicas to where they would be at these prices of room though it is full, if another workload makes room for
 * less than that saves.
 */
function exchange(objective: Objective, assignment: Assignment, workload: number, prices: Float64Array): number {
  const { problem } = objective
  const [from, to] = optionsOf(problem, workload)
  let [target, least] = [-1, Number.POSITIVE_INFINITY]
  for (let option = from; option < to; option++) {
    const price = reducedCost(problem, prices, option)
    if (price < least && assignment.on(option) < (problem.max[option] ?? 0)) [target, least] = [option, price]
  }
  let saved = 0
  for (let source = from; source < to && target >= 0; source++) {
    if (source === target || assignment.on(source) <= (problem.min[source] ?? 0)) continue
    if (reducedCost(problem, prices, source) > least) saved += exchangeAt(objective, assignment, source, target)
  }
  return saved
}

function exchangeAt(objective: Objective, assignment: Assignment, source: number, target: number): number {
  const { min, max } = objective.problem
  const [on, onTarget] = [assignment.on(source), assignment.on(target)]
  const may = Math.min(on - (min[source] ?? 0), (max[target] ?? 0) - onTarget)
  for (let count = may; count > 0; count = count > 1 ? count >> 2 || 1 : 0) {
    const gain = -costOfAdding(objective, source, on, -count) - costOfAdding(objective, target, onTarget, count)
    if (gain <= noticeable) return 0
    assignment.add(source, -count)
    const step = findRoom(objective, assignment, target, count, gain - noticeable)
    if (step !== undefined) {
      carryOut(assignment, step)
      assignment.add(target, count)
      return gain - step.cost
    }
    assignment.add(source, count)
  }
  return 0
}
