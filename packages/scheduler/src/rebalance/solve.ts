// The rebalancer: where all that runs, and all that should, is to be. Goes on from what runs and leaves none of it out.
import { Assignment } from './assignment.ts'
import { construct, restoreRunning } from './construct.ts'
import { improve, placeMissing, settle } from './improve.ts'
import { costOf, isBetter, type Levels, levelsOf, missingOf, type Objective, scoreOf } from './objective.ts'
import { findPrices } from './prices.ts'
import type { Problem } from './problem.ts'
import { promote } from './promote.ts'
import { runSteps } from '../steps.ts'

export interface RebalanceOptions {
  /**
   * The share of all replicas that moves may exceed the share of all cost that this saves by so many times; a replica
   * that saves less stays. Default: whatever saves moves.
   */
  readonly gate?: number
}

/**
 * Replicas by option. All that runs is placed, nothing of a higher priority is missing where less of a lower one would
 * make room for it, and solving the result again answers it itself. No cluster gets more than it has room for.
 */
export function rebalance(problem: Problem, options: RebalanceOptions = {}): Assignment {
  return runSteps(rebalanceSteps(problem, options))
}

/** The same in steps of some milliseconds: whoever stops in between keeps what runs. */
export function* rebalanceSteps(problem: Problem, { gate }: RebalanceOptions = {}): Generator<void, Assignment> {
  const levels = levelsOf(problem)
  const prices = yield* findPrices(problem, { rounds: priceRounds, reserve: reserveOf(problem) })
  let now = new Assignment(problem)
  for (;;) {
    // What has been placed counts as running from then on: the result is what nothing improves.
    const state = { ...problem, current: now.replicas }
    const objective = { problem: state, moveCost: moveCostsOf(new Assignment(state), gate) }
    const next = yield* findBetter(objective, levels, prices.unit)
    if (next !== undefined) now = new Assignment(problem, next.replicas)
    else if (!promote(now, levels)) return now
  }
}

const priceRounds = 60

/** A better placement than what runs; undefined: none was found. */
function* findBetter(
  objective: Objective,
  levels: Levels,
  prices: Float64Array,
): Generator<void, Assignment | undefined> {
  const now = new Assignment(objective.problem)
  const stay = now.copy()
  yield* settle(objective, stay, levels)
  const anew = yield* startAnew(objective, levels, prices, missingOf(now))
  const isAnew =
    anew !== undefined && isBetter(objective, scoreOf(objective, anew, levels), scoreOf(objective, stay, levels))
  const best = isAnew ? anew : stay
  yield* improve(objective, best, levels, prices)
  return isBetter(objective, scoreOf(objective, best, levels), scoreOf(objective, now, levels)) ? best : undefined
}

/** A placement from nothing that has all that runs; undefined where it leaves out too much to be mended. */
function* startAnew(
  objective: Objective,
  levels: Levels,
  prices: Float64Array,
  missingNow: number,
): Generator<void, Assignment | undefined> {
  const anew = construct(objective, levels, prices)
  yield
  const total = objective.problem.replicas.reduce((sum, count) => sum + count, 0)
  if (missingOf(anew) > missingNow + mendableShare * total) return undefined
  yield* placeMissing(objective, anew, levels)
  restoreRunning(anew, levels)
  yield* settle(objective, anew, levels)
  return anew
}

/** Of all replicas. */
const mendableShare = 1e-3

/**
 * The cost that one replica of each workload must save to move: a gate of 2 asks for half of what a replica costs on
 * average.
 */
export function moveCostsOf(now: Assignment, gate = Number.POSITIVE_INFINITY): Float64Array {
  const running = now.placed.reduce((sum, count) => sum + count, 0)
  const average = running === 0 ? 0 : costOf(now) / running
  return now.problem.gate.map((own) => average / (Number.isNaN(own) ? gate : own))
}

/** Room is never so dear that whoever can pay several times the highest cost goes without. */
function reserveOf({ cost }: Problem): number {
  return 4 * cost.reduce((most, each) => Math.max(most, each), 0)
}
