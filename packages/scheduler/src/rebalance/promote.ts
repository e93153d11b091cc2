// Priority when there is too little room: what did not run makes way for what is missing of a higher priority.
import { type Assignment, optionsOf } from './assignment.ts'
import { runningOf } from './construct.ts'
import { byPriority, type Levels } from './objective.ts'

/**
 * Gives places of replicas beyond those that run to what is missing of a higher priority; says whether it has. What
 * made way may fit elsewhere.
 */
export function promote(assignment: Assignment, levels: Levels): boolean {
  const { problem } = assignment
  let has = false
  for (const workload of byPriority(assignment, levels)) {
    const [from, to] = optionsOf(problem, workload)
    for (let option = from; option < to; option++) {
      while (assignment.missing(workload) > 0 && assignment.on(option) < (problem.max[option] ?? 0)) {
        if (!makeWay(assignment, levels, option)) break
        assignment.add(option, 1)
        has = true
      }
    }
  }
  return has
}

/** Takes away what must go before one more fits, the lowest priority first; leaves all as it is where none would fit. */
function makeWay(assignment: Assignment, levels: Levels, option: number): boolean {
  const taken: (readonly [option: number, count: number])[] = []
  for (const lower of lowerOn(assignment, levels, option)) {
    if (assignment.fit(option) > 0) return true
    const needed = assignment.toMakeRoom(lower, assignment.workloadOf(option), 1)
    const count = Math.min(needed, dispensable(assignment, lower))
    assignment.add(lower, -count)
    taken.push([lower, count])
  }
  if (assignment.fit(option) > 0) return true
  for (const [lower, count] of taken) assignment.add(lower, count)
  return false
}

/** Options on the same cluster that have something to give to `option`, the lowest priority first. */
export function lowerOn(assignment: Assignment, levels: Levels, option: number): readonly number[] {
  const { cluster, firstOn, optionsOn } = assignment.problem
  const on = cluster[option] ?? 0
  const levelOf = (other: number) => levels.of[assignment.workloadOf(other)] ?? 0
  return [...optionsOn.subarray(firstOn[on], firstOn[on + 1])]
    .filter((other) => levelOf(other) > levelOf(option) && dispensable(assignment, other) > 0)
    .sort((left, right) => levelOf(right) - levelOf(left) || left - right)
}

/** Replicas of the option beyond as many as run of its workload. */
export function dispensable(assignment: Assignment, option: number): number {
  const workload = assignment.workloadOf(option)
  const extra = assignment.placedOf(workload) - runningOf(assignment.problem, workload)
  return Math.max(0, Math.min(extra, assignment.on(option) - (assignment.problem.min[option] ?? 0)))
}
