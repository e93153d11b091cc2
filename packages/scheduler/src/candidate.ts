// A cluster that replicas may be divided among: its terms in the division, and what to say when it takes no more.
import { describeLimit } from './allocation.ts'
import type { Share } from './divide.ts'
import type { Judged } from './judge.ts'

export interface Candidate {
  readonly judged: Judged
  readonly share: Share
  /** Whether it is where a template of no replicas may go. */
  readonly isUsable: boolean
  /** Why it takes no more, e.g. `eu-1 takes at most 3 (maxReplicas)`. */
  describeBound(): string
}

/** What the last decision has it hold, whether or not it has come to pass: what staying put means. */
export function heldBy({ holding }: Judged): number {
  return holding?.entry.replicas ?? 0
}

/** Bound by room, weighed by it: what it holds and what fits besides. */
export function byRoom(judged: Judged, terms: Omit<Share, 'min' | 'max' | 'weight'>): Candidate {
  const { limit } = judged
  return {
    judged,
    share: { weight: Math.min(limit, heaviest), min: 0, max: limit, ...terms },
    isUsable: true,
    describeBound: () => describeLimit(judged),
  }
}

/** Products of weight and replicas stay exact in doubles below it. */
const heaviest = 1_000_000
