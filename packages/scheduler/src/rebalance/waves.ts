// Orders moves into waves: within one, every move finds room while both copies exist, and none waits for another.
import { Assignment } from './assignment.ts'
import type { Move } from './moves.ts'
import type { Problem } from './problem.ts'

export interface Budget {
  /** Replicas that may move in all. Default: any number. */
  readonly maxReplicas?: number
  /** Percent of a workload's replicas that may move in all, rounded up. Default: 100. */
  readonly maxSharePercent?: number
  /** Replicas that may move in all of the workloads that share a key. */
  readonly allowances?: ReadonlyMap<string, number>
  /** The key of each workload, by its id; none: only the budget of all counts. */
  readonly allowanceOf?: ReadonlyMap<string, string>
}

export interface Waves {
  readonly waves: readonly (readonly Move[])[]
  /** What is over the budget, or never finds room for both copies. */
  readonly left: readonly Move[]
}

/**
 * Goes through `moves` in their order, wave by wave; one that finds room for some of its replicas is split. A move
 * that saves nothing goes only while one that does waits for room where it leaves. Replicas that had no place are no
 * move and count against no budget.
 */
export function planWaves(problem: Problem, moves: readonly Move[], budget: Budget = {}): Waves {
  const now = new Assignment(problem)
  const allowance = createAllowance(problem, budget)
  const waves: (readonly Move[])[] = []
  let left = moves
  for (;;) {
    const wave = nextWave(now, left, allowance)
    if (wave.moves.length === 0) break
    for (const { from, replicas } of wave.moves) if (from !== undefined) now.add(from, -replicas)
    waves.push(wave.moves)
    left = wave.left
  }
  return withoutIdle(problem, waves, left)
}

interface Wave {
  readonly moves: readonly Move[]
  readonly left: readonly Move[]
}

/** Puts the moves' new copies into `now`; their old ones are still there. */
function nextWave(now: Assignment, moves: readonly Move[], allowance: Allowance): Wave {
  const clusterOf = (option = 0) => now.problem.cluster[option] ?? 0
  /** Clusters that something waits for, and the share of the budget that may go for making room there. */
  const wanted = new Map<number, number>()
  const taken = new Map<Move, number>()
  const take = (move: Move, share = 1) => {
    const { from, to, replicas, workload } = move
    const allowed = from === undefined ? replicas : allowance.of(workload, share)
    const count = Math.min(replicas, now.fit(to), allowed)
    if (count > 0) {
      now.add(to, count)
      taken.set(move, count)
      if (from !== undefined) allowance.use(workload, count)
    }
    // What comes for a move has to be within the budget too.
    const half = from === undefined ? 1 : 0.5
    const cluster = clusterOf(to)
    if (count < replicas && (from === undefined || allowance.of(workload) > 0)) {
      wanted.set(cluster, Math.max(half, wanted.get(cluster) ?? 0))
    }
  }
  for (const move of moves) if (isGain(move)) take(move)
  for (const move of moves) {
    const share = isGain(move) ? undefined : wanted.get(clusterOf(move.from))
    if (share !== undefined) take(move, share)
  }
  return {
    moves: moves.flatMap((move) => part(move, taken.get(move) ?? 0)),
    left: moves.flatMap((move) => part(move, move.replicas - (taken.get(move) ?? 0))),
  }
}

function isGain({ from, saving }: Move): boolean {
  return from === undefined || saving > 0
}

function part(move: Move, replicas: number): readonly Move[] {
  return replicas === 0 ? [] : [{ ...move, replicas }]
}

interface Allowance {
  /** Replicas of the workload that may still move, within a share of the budget that is left. */
  of(workload: number, share?: number): number
  use(workload: number, replicas: number): void
}

function createAllowance(
  { replicas, workloads }: Problem,
  { maxReplicas = Number.POSITIVE_INFINITY, maxSharePercent = 100, allowances, allowanceOf }: Budget,
): Allowance {
  let left = maxReplicas
  const leftOf = new Map(allowances)
  const used = new Map<number, number>()
  const keyOf = (workload: number) => allowanceOf?.get(workloads[workload] ?? '') ?? ''
  const sharedBy = (workload: number) => Math.min(left, leftOf.get(keyOf(workload)) ?? Number.POSITIVE_INFINITY)
  const shareOf = (workload: number) => Math.ceil(((replicas[workload] ?? 0) * maxSharePercent) / 100)
  return {
    of: (workload, share = 1) =>
      Math.max(0, Math.min(Math.floor(sharedBy(workload) * share), shareOf(workload) - (used.get(workload) ?? 0))),
    use(workload, count) {
      left -= count
      const own = leftOf.get(keyOf(workload))
      if (own !== undefined) leftOf.set(keyOf(workload), own - count)
      used.set(workload, (used.get(workload) ?? 0) + count)
    },
  }
}

/** Leaves out what made room where nothing has come. */
function withoutIdle({ cluster }: Problem, waves: readonly (readonly Move[])[], left: readonly Move[]): Waves {
  const filled = new Set<number>()
  const idle: Move[] = []
  const kept = waves.toReversed().map((wave) => {
    const isUseful = (move: Move) => isGain(move) || filled.has(cluster[move.from ?? 0] ?? 0)
    const moves = wave.filter(isUseful)
    idle.push(...wave.filter((move) => !isUseful(move)))
    for (const { to } of moves) filled.add(cluster[to] ?? 0)
    return moves
  })
  return { waves: kept.toReversed().filter((wave) => wave.length > 0), left: [...left, ...idle] }
}
