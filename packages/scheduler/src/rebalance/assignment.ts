// How many replicas each option has, and the room that is left: what the rebalancer changes step by step.
import type { Problem } from './problem.ts'

export class Assignment {
  readonly problem: Problem
  /** By option. */
  readonly replicas: Int32Array
  /** By workload. */
  readonly placed: Int32Array
  /** By cluster and resource; negative where more runs than there is room for. */
  readonly free: Float64Array

  constructor(problem: Problem, replicas: Int32Array = problem.current) {
    this.problem = problem
    this.replicas = new Int32Array(replicas.length)
    this.placed = new Int32Array(problem.replicas.length)
    this.free = problem.capacity.slice()
    for (const [option, count] of replicas.entries()) if (count > 0) this.add(option, count)
  }

  /** Puts `count` more replicas there; takes them away where it is negative. Checks nothing. */
  add(option: number, count: number): void {
    const { resources, request } = this.problem
    const workload = this.workloadOf(option)
    const cluster = this.problem.cluster[option] ?? 0
    this.replicas[option] = this.on(option) + count
    this.placed[workload] = this.placedOf(workload) + count
    for (let resource = 0; resource < resources; resource++) {
      const at = cluster * resources + resource
      this.free[at] = (this.free[at] ?? 0) - count * (request[workload * resources + resource] ?? 0)
    }
  }

  on(option: number): number {
    return this.replicas[option] ?? 0
  }

  workloadOf(option: number): number {
    return this.problem.workload[option] ?? 0
  }

  placedOf(workload: number): number {
    return this.placed[workload] ?? 0
  }

  missing(workload: number): number {
    return (this.problem.replicas[workload] ?? 0) - this.placedOf(workload)
  }

  /** Replicas that there is still room for, its maximum respected. */
  fit(option: number): number {
    const { resources, request, cluster, max } = this.problem
    const [from, at] = [this.workloadOf(option) * resources, (cluster[option] ?? 0) * resources]
    let fit = (max[option] ?? 0) - this.on(option)
    for (let resource = 0; resource < resources && fit > 0; resource++) {
      const each = request[from + resource] ?? 0
      if (each > 0) fit = Math.min(fit, Math.floor((this.free[at + resource] ?? 0) / each))
    }
    return Math.max(0, fit)
  }

  /** Replicas of `option` that must leave its cluster before it has room for `needed` more of `workload`. */
  toMakeRoom(option: number, workload: number, needed: number): number {
    const { resources, request, cluster } = this.problem
    const [leaving, coming] = [this.workloadOf(option) * resources, workload * resources]
    const at = (cluster[option] ?? 0) * resources
    let count = 0
    for (let resource = 0; resource < resources; resource++) {
      const short = needed * (request[coming + resource] ?? 0) - (this.free[at + resource] ?? 0)
      const each = request[leaving + resource] ?? 0
      if (short > 0) count = each === 0 ? Number.POSITIVE_INFINITY : Math.max(count, Math.ceil(short / each))
    }
    return count
  }

  copy(): Assignment {
    return new Assignment(this.problem, this.replicas)
  }
}

/** The options of a workload: from, and up to. */
export function optionsOf({ first }: Problem, workload: number): readonly [from: number, to: number] {
  return [first[workload] ?? 0, first[workload + 1] ?? 0]
}
