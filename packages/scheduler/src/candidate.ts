// A cluster that replicas may be divided among: its terms in the division, and what to say when it takes no more.
import { describeLimit } from './allocation.ts'
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
  /** Why it takes no more, e.g. `eu-1 takes at most 3 (maxReplicas)`. */
  describeBound(): string
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

/** Bound by room, weighed by it unless a weight is given: what it holds and what fits besides. */
export function byRoom(judged: Judged, tie: number, levels: Levels, weight = judged.limit): Candidate {
  const { limit } = judged
  const share = { weight: Math.min(weight, heaviest), min: 0, max: limit, tie }
  const describeBound = () => describeLimit(judged)
  return keeping({ judged, share, levels, isUsable: true, describeBound }, heldBy(judged))
}

/** The candidate with so many replicas to keep. */
export function keeping(candidate: Omit<Candidate, 'held'>, held: number): Candidate {
  return { ...candidate, held, share: { ...candidate.share, steps: stepsOf(candidate, held) } }
}

function stepsOf({ judged, levels }: Omit<Candidate, 'held'>, held: number): readonly Step[] {
  const steps: Step[] = []
  for (const { cost, upTo } of costsByCount(judged)) {
    const from = steps.at(-1)?.upTo ?? 0
    if (upTo <= from) continue
    if (from < held) steps.push({ level: levels.held, cost, upTo: Math.min(held, upTo) })
    if (upTo > held) steps.push({ level: levels.growth, cost, upTo })
  }
  return steps
}

const noCosts: readonly Omit<Step, 'level'>[] = [{ cost: 0, upTo: Number.POSITIVE_INFINITY }]

/** Whole thousand-millionths of a unit of currency: less makes no difference, and sums stay exact. */
const unitsPerCurrency = 1e9

/** What each replica there costs, by how many there are; rising. */
function costsByCount({ costs, holding }: Judged): readonly Omit<Step, 'level'>[] {
  if (costs === undefined) return noCosts
  const { fixed, load, loadWeight } = costs
  return load.map(({ penalty, upTo }) => ({
    cost: Math.round((fixed + loadWeight * penalty) * unitsPerCurrency),
    upTo: upTo + (holding?.replicas ?? 0),
  }))
}

/** Products of weight and replicas stay exact in doubles below it. */
const heaviest = 1_000_000
