// Finds room on a cluster that is full: replicas of another workload go to where they cost least besides.
import { type Assignment, optionsOf } from './assignment.ts'
import { costOfAdding, type Objective } from './objective.ts'

/** So many replicas leave one option for another. */
export interface Step {
  readonly from: number
  readonly to: number
  readonly count: number
  /** What it costs. */
  readonly cost: number
}

/**
 * The cheapest step of another workload that makes room for `count` more replicas at `option`; undefined where none
 * costs less than `most`.
 */
export function findRoom(
  objective: Objective,
  assignment: Assignment,
  option: number,
  count: number,
  most: number,
): Step | undefined {
  const { cluster, firstOn, optionsOn, min } = objective.problem
  const [on, workload] = [cluster[option] ?? 0, assignment.workloadOf(option)]
  let best: Step | undefined
  for (let at = firstOn[on] ?? 0; at < (firstOn[on + 1] ?? 0); at++) {
    const from = optionsOn[at] ?? 0
    const movable = assignment.on(from) - (min[from] ?? 0)
    if (movable <= 0 || assignment.workloadOf(from) === workload) continue
    const needed = assignment.toMakeRoom(from, workload, count)
    if (needed <= movable) best = cheaperStep(objective, assignment, from, needed, best?.cost ?? most) ?? best
  }
  return best
}

/** Where `count` replicas of `from` would go, if that costs less than `most`. */
function cheaperStep(
  objective: Objective,
  assignment: Assignment,
  from: number,
  count: number,
  most: number,
): Step | undefined {
  const { problem } = objective
  const moveCost = objective.moveCost[assignment.workloadOf(from)] ?? 0
  const saved = costOfAdding(objective, from, assignment.on(from), -count)
  const [first, end] = optionsOf(problem, assignment.workloadOf(from))
  let best: Step | undefined
  let least = most
  for (let to = first; to < end; to++) {
    // The rest of its options costs no less.
    if (saved + count * ((problem.cost[to] ?? 0) - moveCost) >= least) break
    if (to === from) continue
    const cost = saved + costOfAdding(objective, to, assignment.on(to), count)
    if (cost < least && assignment.fit(to) >= count) [least, best] = [cost, { from, to, count, cost }]
  }
  return best
}

export function carryOut(assignment: Assignment, { from, to, count }: Step): void {
  assignment.add(from, -count)
  assignment.add(to, count)
}
