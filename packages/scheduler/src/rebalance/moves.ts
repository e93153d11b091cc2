// The way from what runs to a better placement, as moves of replicas between two clusters.
import { type Assignment, optionsOf } from './assignment.ts'
import type { Problem } from './problem.ts'

export interface Move {
  readonly workload: number
  /** Option that loses them; none: replicas that had no place. */
  readonly from?: number
  readonly to: number
  readonly replicas: number
  /** What one replica saves an hour; negative for one that makes room. Of one that had no place: 0. */
  readonly saving: number
}

/** What had no place first, by priority; then what saves most for each replica that moves. */
export function movesBetween({ problem, replicas }: Assignment): readonly Move[] {
  const moves = [...problem.replicas.keys()].flatMap((workload) => movesOf(problem, replicas, workload))
  return moves.sort((left, right) => compareMoves(problem, left, right))
}

function compareMoves({ priority }: Problem, left: Move, right: Move): number {
  const isNew = Number(right.from === undefined) - Number(left.from === undefined)
  if (isNew !== 0) return isNew
  const byPriority = left.from === undefined ? (priority[right.workload] ?? 0) - (priority[left.workload] ?? 0) : 0
  return byPriority || right.saving - left.saving || left.to - right.to || (left.from ?? 0) - (right.from ?? 0)
}

/** The dearest that go are replaced by the cheapest that come. */
function movesOf(problem: Problem, target: Int32Array, workload: number): readonly Move[] {
  const { cost, current } = problem
  const [first, end] = optionsOf(problem, workload)
  const leaving: [option: number, count: number][] = []
  const coming: [option: number, count: number][] = []
  for (let option = first; option < end; option++) {
    const change = (target[option] ?? 0) - (current[option] ?? 0)
    if (change > 0) coming.push([option, change])
    if (change < 0) leaving.unshift([option, -change])
  }
  const moves: Move[] = []
  for (const [to, count] of coming) {
    let left = count
    for (let next = leaving[0]; next !== undefined && left > 0; next = leaving[0]) {
      const replicas = Math.min(left, next[1])
      moves.push({ workload, from: next[0], to, replicas, saving: (cost[next[0]] ?? 0) - (cost[to] ?? 0) })
      left -= replicas
      next[1] -= replicas
      if (next[1] === 0) leaving.shift()
    }
    if (left > 0) moves.push({ workload, to, replicas: left, saving: 0 })
  }
  return moves
}
