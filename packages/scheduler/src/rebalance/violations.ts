// The rules that every placement of the rebalancer keeps, checked one by one: what is broken, for people.
import { type Assignment, optionsOf } from './assignment.ts'
import { runningOf } from './construct.ts'
import { levelsOf } from './objective.ts'
import { dispensable, lowerOn } from './promote.ts'

export function violationsOf(assignment: Assignment): readonly string[] {
  return [...overfull(assignment), ...outOfBounds(assignment), ...unplaced(assignment), ...passedOver(assignment)]
}

/** Clusters that take more than there is room for, and more than runs there. */
function overfull({ problem, replicas, free }: Assignment): readonly string[] {
  const { resources, cluster, workload, request, current } = problem
  const grown = new Float64Array(free.length)
  for (const [option, count] of replicas.entries()) {
    const [at, from] = [(cluster[option] ?? 0) * resources, (workload[option] ?? 0) * resources]
    for (let resource = 0; resource < resources; resource++) {
      const more = (count - (current[option] ?? 0)) * (request[from + resource] ?? 0)
      grown[at + resource] = (grown[at + resource] ?? 0) + more
    }
  }
  return [...free.entries()]
    .filter(([at, room]) => room < 0 && (grown[at] ?? 0) > 0)
    .map(([at, room]) => `${problem.clusters[Math.floor(at / resources)]} lacks ${-room} of resource ${at % resources}`)
}

function outOfBounds({ problem, replicas, placed }: Assignment): readonly string[] {
  const { min, max, workload, workloads } = problem
  const options = [...replicas.entries()].filter(
    ([option, count]) => count < (min[option] ?? 0) || count > (max[option] ?? 0),
  )
  const most = [...placed.entries()].filter(([index, count]) => count > (problem.replicas[index] ?? 0))
  return [
    ...options.map(([option, count]) => `${workloads[workload[option] ?? 0]} has ${count} on one cluster`),
    ...most.map(([index, count]) => `${workloads[index]} has ${count} replicas`),
  ]
}

function unplaced(assignment: Assignment): readonly string[] {
  const { problem } = assignment
  return [...problem.replicas.keys()].flatMap((workload) => {
    const lost = runningOf(problem, workload) - assignment.placedOf(workload)
    return lost > 0 ? [`${problem.workloads[workload]} loses ${lost} running replicas`] : []
  })
}

/** What is missing though less of a lower priority would make room for it. */
function passedOver(assignment: Assignment): readonly string[] {
  const { problem } = assignment
  const levels = levelsOf(problem)
  return [...problem.replicas.keys()].flatMap((workload) => {
    const [from, to] = optionsOf(problem, workload)
    for (let option = from; option < to && assignment.missing(workload) > 0; option++) {
      if (assignment.on(option) < (problem.max[option] ?? 0) && fitsWithoutLower(option)) {
        return [`${problem.workloads[workload]} is left out though less of a lower priority would do`]
      }
    }
    return []
  })

  function fitsWithoutLower(option: number): boolean {
    const { resources, cluster, request } = problem
    const at = (cluster[option] ?? 0) * resources
    const lower = lowerOn(assignment, levels, option)
    return Array.from({ length: resources }).every((_, resource) => {
      const each = (other: number) => request[assignment.workloadOf(other) * resources + resource] ?? 0
      const given = lower.reduce((sum, other) => sum + dispensable(assignment, other) * each(other), 0)
      return (assignment.free[at + resource] ?? 0) + given >= each(option)
    })
  }
}
