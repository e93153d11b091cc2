// What the rebalancer makes least: placed replicas first, by priority, then cost, what it takes to move included.
import type { Assignment } from './assignment.ts'
import type { Problem } from './problem.ts'

/** Costs of one problem. */
export interface Objective {
  readonly problem: Problem
  /** What a replica that is not where it runs now costs more, by workload. */
  readonly moveCost: Float64Array
}

/** Moving costs nothing. */
export function freely(problem: Problem): Objective {
  return { problem, moveCost: new Float64Array(problem.replicas.length) }
}

/** Of all that is placed, an hour. */
export function costOf({ problem, replicas }: Assignment): number {
  return replicas.reduce((sum, count, option) => sum + count * (problem.cost[option] ?? 0), 0)
}

/** What `count` more replicas there cost; fewer where it is negative. */
export function costOfAdding({ problem, moveCost }: Objective, option: number, on: number, count: number): number {
  const current = problem.current[option] ?? 0
  const each = moveCost[problem.workload[option] ?? 0] ?? 0
  return count * (problem.cost[option] ?? 0) - each * (Math.min(on + count, current) - Math.min(on, current))
}

export interface Score {
  /** Replicas placed, by priority, the highest first. */
  readonly placed: readonly number[]
  readonly cost: number
}

export function scoreOf(objective: Objective, assignment: Assignment, levels: Levels): Score {
  const placed = Array.from({ length: levels.count }, () => 0)
  for (const [workload, level] of levels.of.entries())
    placed[level] = (placed[level] ?? 0) + assignment.placedOf(workload)
  let cost = 0
  for (const [option, count] of assignment.replicas.entries()) cost += costOfAdding(objective, option, 0, count)
  return { placed, cost }
}

/** Priorities as 0 (the highest), 1, … */
export interface Levels {
  readonly of: Int32Array
  readonly count: number
}

export function levelsOf({ priority }: Problem): Levels {
  const distinct = [...new Set(priority)].sort((left, right) => right - left)
  const level = new Map(distinct.map((value, index) => [value, index]))
  return { of: Int32Array.from(priority, (value) => level.get(value) ?? 0), count: distinct.length }
}

/** Without a cost of moving, whatever saves less than this share of the whole is not worth a change. */
const leastShare = 2e-4
/** Below it a difference is rounding. */
export const noticeable = 1e-9

/** Whether `left` places more of the highest priority in which they differ, or as much for noticeably less. */
export function isBetter({ moveCost }: Objective, left: Score, right: Score): boolean {
  const at = left.placed.findIndex((count, level) => count !== right.placed[level])
  if (at >= 0) return (left.placed[at] ?? 0) > (right.placed[at] ?? 0)
  return right.cost - left.cost > (moveCost.some((each) => each > 0) ? noticeable : leastShare) * Math.abs(right.cost)
}

/** Workloads of which replicas are missing, the highest priority first. */
export function byPriority(assignment: Assignment, levels: Levels): readonly number[] {
  const missing = [...assignment.problem.replicas.keys()].filter((workload) => assignment.missing(workload) > 0)
  return missing.sort((left, right) => (levels.of[left] ?? 0) - (levels.of[right] ?? 0) || left - right)
}

export function missingOf(assignment: Assignment): number {
  return assignment.problem.replicas.reduce((sum, _, workload) => sum + assignment.missing(workload), 0)
}
