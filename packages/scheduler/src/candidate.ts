// A cluster that replicas may be divided among: its terms in the division, and what to say when it takes no more.
import { describeLimit } from './allocation.ts'
import type { ClusterCosts } from './cost/objective.ts'
import type { Share, Step } from './divide.ts'
import type { Judged } from './judge.ts'

export interface Candidate {
  readonly judged: Judged
  readonly share: Share
  /** Replicas that it keeps before any are given away. */
  readonly held: number
  /** Of what it holds, and of what comes besides. */
  readonly levels: Levels
  /** Whether it is where a template of no replicas may go. */
  readonly isUsable: boolean
  /** What it holds is to go to earlier tiers where it can: it counts no more. */
  readonly isReturning?: true
  /** Replicas that the policy allows it; Infinity for no bound. */
  readonly most: number
}

/** Why it takes no more, e.g. `eu-1 takes at most 3 (maxReplicas)`. Of weight 0 are those that are there for others' sake. */
export function describeBound({ judged, share, most }: Candidate): string {
  const { name } = judged.cluster
  if (judged.limit < most) return describeLimit(judged)
  if (most < Number.POSITIVE_INFINITY) return `${name} takes at most ${most} (maxReplicas)`
  return `${name} has weight ${share.weight}`
}

export interface Levels {
  readonly held: number
  readonly growth: number
}

/**
 * What the last decision has it hold, whether or not it has come to pass, or a rebalance wants it to: what staying put
 * means.
 */
export function heldBy({ holding, target }: Judged): number {
  return target ?? holding?.entry.replicas ?? 0
}

/** What grows first: earlier tiers, and of each where nothing speaks for going elsewhere. */
export function growthLevel({ tier, reluctance }: Judged): number {
  return 2 * tier + (reluctance === undefined ? 0 : 1)
}

/** Bound by room, weighed by it unless a weight is given: what it holds and what fits besides. */
export function byRoom(judged: Judged, tie: number, levels: Levels, weight = judged.limit): Candidate {
  const { limit } = judged
  const held = heldBy(judged)
  const steps = stepsOf(judged, levels, limit, held)
  const share = { weight: Math.min(weight, heaviest), min: 0, max: limit, tie, steps }
  return { judged, share, held, levels, isUsable: true, most: Number.POSITIVE_INFINITY }
}

/** The candidate with so many replicas to keep. */
export function keeping(candidate: Candidate, held: number): Candidate {
  const { judged, levels, share } = candidate
  return { ...candidate, held, share: { ...share, steps: stepsOf(judged, levels, share.max, held) } }
}

/** Whole thousand-millionths of a unit of currency: less makes no difference, and sums stay exact. */
const unitsPerCurrency = 1e9

/** Rising. Steps that nothing can reach are left out. */
function stepsOf(judged: Judged, levels: Levels, max: number, held: number): readonly Step[] {
  const { costs, holding } = judged
  if (costs === undefined) return withHeld(held, levels)
  if (held > 0 || holding !== undefined) return priceSteps(judged, costs, held, levels, max)
  const known = newcomers.get(costs)
  if (known?.max === max && known.level === levels.growth) return known.steps
  const steps = priceSteps(judged, costs, held, levels, max)
  newcomers.set(costs, { max, level: levels.growth, steps })
  return steps
}

interface Newcomer {
  readonly max: number
  readonly level: number
  readonly steps: readonly Step[]
}

/** Of clusters that hold nothing, which differ little from one decision to the next. */
const newcomers = new WeakMap<ClusterCosts, Newcomer>()

function priceSteps(
  { holding }: Judged,
  { fixed, load, loadWeight }: ClusterCosts,
  held: number,
  levels: Levels,
  max: number,
): readonly Step[] {
  const steps: Step[] = []
  let from = 0
  for (const { penalty, upTo } of load.steps) {
    if (from >= max) break
    const to = upTo + (holding?.replicas ?? 0)
    if (to <= from) continue
    const cost = fixed + loadWeight * penalty
    if (from < held) steps.push(pricedStep(levels.held, cost, Math.min(held, to)))
    if (to > held) steps.push(pricedStep(levels.growth, cost, to))
    from = to
  }
  return steps.length === 0 ? withHeld(held, levels) : steps
}

/** `cost` of each replica, in currency. */
export function pricedStep(level: number, cost: number, upTo = Number.POSITIVE_INFINITY): Step {
  return { level, cost: Math.round(cost * unitsPerCurrency), upTo }
}

function withHeld(held: number, levels: Levels): readonly Step[] {
  const growth = stepsAt(levels.growth)
  return held > 0 ? [{ level: levels.held, cost: 0, upTo: held }, ...growth] : growth
}

const known = new Map<number, readonly Step[]>()

/** All replicas of one level, at no cost. */
export function stepsAt(level: number): readonly Step[] {
  let steps = known.get(level)
  if (steps === undefined) known.set(level, (steps = [{ level, cost: 0, upTo: Number.POSITIVE_INFINITY }]))
  return steps
}

/** Products of weight and replicas stay exact in doubles below it. */
const heaviest = 1_000_000
