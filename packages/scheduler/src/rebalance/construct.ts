// A placement from nothing at given prices, and the way back for what ran and found no place in it.
import { Assignment, optionsOf } from './assignment.ts'
import { costOfAdding, type Levels, type Objective } from './objective.ts'
import { reducedCost } from './prices.ts'
import type { Problem } from './problem.ts'

/** Everything anew, where it is cheapest with the price of its room: by priority, the largest replicas first. */
export function construct(objective: Objective, levels: Levels, prices: Float64Array): Assignment {
  const { problem } = objective
  const assignment = new Assignment(problem, problem.min)
  const size = sizesOf(problem)
  const order = Array.from(size.keys()).sort(
    (left, right) =>
      (levels.of[left] ?? 0) - (levels.of[right] ?? 0) || (size[right] ?? 0) - (size[left] ?? 0) || left - right,
  )
  for (const workload of order) placeCheapest(objective, assignment, workload, prices)
  return assignment
}

/** Places what is missing of a workload where each replica costs least; what has no room stays missing. */
export function placeCheapest(
  objective: Objective,
  assignment: Assignment,
  workload: number,
  prices?: Float64Array,
): void {
  const { problem } = objective
  const [from, to] = optionsOf(problem, workload)
  for (let left = assignment.missing(workload); left > 0;) {
    let cheapest = -1
    let least = Number.POSITIVE_INFINITY
    for (let option = from; option < to; option++) {
      const on = assignment.on(option)
      const room = prices ? reducedCost(problem, prices, option) - (problem.cost[option] ?? 0) : 0
      const price = costOfAdding(objective, option, on, 1) + room
      if (price < least && assignment.fit(option) > 0) [cheapest, least] = [option, price]
    }
    if (cheapest < 0) return
    const count = Math.min(left, assignment.fit(cheapest), untilPriceRises(problem, cheapest, assignment.on(cheapest)))
    assignment.add(cheapest, count)
    left -= count
  }
}

/** Replicas that cost as much as the next one. */
function untilPriceRises({ current }: Problem, option: number, on: number): number {
  const running = current[option] ?? 0
  return on < running ? running - on : Number.POSITIVE_INFINITY
}

/** The share of all room that one replica takes, of the resource of which it takes most. */
function sizesOf({ resources, capacity, replicas, request }: Problem): Float64Array {
  const total = new Float64Array(resources)
  for (const [at, room] of capacity.entries()) total[at % resources] = (total[at % resources] ?? 0) + room
  return Float64Array.from(replicas, (_, workload) => {
    let size = 0
    for (let resource = 0; resource < resources; resource++) {
      const room = total[resource] ?? 0
      if (room > 0) size = Math.max(size, (request[workload * resources + resource] ?? 0) / room)
    }
    return size
  })
}

/**
 * Workloads of which fewer are placed than run go back to where they run, and so does what took their place, the
 * lowest priority first. It ends at the latest when everything is where it runs, which is a placement that fits.
 */
export function restoreRunning(assignment: Assignment, levels: Levels): void {
  const { problem } = assignment
  const full = new Set<number>()
  for (const workload of problem.replicas.keys()) {
    if (assignment.placedOf(workload) < runningOf(problem, workload)) restore(workload)
  }
  for (const cluster of full) {
    const newcomers = newcomersOn(assignment, levels, cluster)
    for (let next = newcomers.pop(); next !== undefined && isOverfull(assignment, cluster); next = newcomers.pop())
      restore(next)
    full.delete(cluster)
  }

  function restore(workload: number): void {
    const [from, to] = optionsOf(problem, workload)
    for (let option = from; option < to; option++) {
      const count = (problem.current[option] ?? 0) - assignment.on(option)
      if (count !== 0) assignment.add(option, count)
      if (count > 0) full.add(problem.cluster[option] ?? 0)
    }
  }
}

export function runningOf(problem: Problem, workload: number): number {
  const [from, to] = optionsOf(problem, workload)
  let running = 0
  for (let option = from; option < to; option++) running += problem.current[option] ?? 0
  return running
}

/** Workloads that have more on the cluster than runs there, the highest priority first. */
function newcomersOn(assignment: Assignment, levels: Levels, cluster: number): number[] {
  const { firstOn, optionsOn, current } = assignment.problem
  const options = optionsOn.subarray(firstOn[cluster], firstOn[cluster + 1])
  const newcomers = [...options].filter((option) => assignment.on(option) > (current[option] ?? 0))
  return newcomers
    .map((option) => assignment.workloadOf(option))
    .sort((left, right) => (levels.of[left] ?? 0) - (levels.of[right] ?? 0) || left - right)
}

function isOverfull({ problem: { resources }, free }: Assignment, cluster: number): boolean {
  return free.subarray(cluster * resources, (cluster + 1) * resources).some((room) => room < 0)
}
