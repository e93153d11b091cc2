// Tiers over failure domains: what earlier tiers can take back only dividing shows, since domains bound what tiers have.
import { type Candidate, heldBy, keeping } from '../candidate.ts'
import { returnMargin } from '../tier.ts'
import type { Division } from './spread.ts'

/**
 * The division where what later tiers hold has returned to earlier ones, if those have room for it and a fifth more.
 * What constraints want in a later tier stays there. From the first tier on, so that what returns now leaves nothing
 * that could return next.
 */
export function divideInTiers(
  candidates: readonly Candidate[],
  divide: (candidates: readonly Candidate[]) => Division,
): Division {
  let current = candidates
  let division = divide(current)
  for (const tier of holdingTiers(candidates)) {
    const earlier = (counts: readonly number[]) => sumOf(counts, (index) => tierOf(candidates[index]) < tier)
    const returning = current.map((one) => (tierOf(one) === tier ? withoutHeld(one) : one))
    const returned = divide(returning)
    if (earlier(returned.counts) <= earlier(division.counts) || isWorse(returned, division)) continue
    if (earlier(divide(withLessRoom(returning, tier)).counts) < earlier(returned.counts)) continue
    current = returning
    division = returned
  }
  return division
}

/** Those after the first that hold replicas, in their order. */
function holdingTiers(candidates: readonly Candidate[]): readonly number[] {
  const first = Math.min(...candidates.map(tierOf))
  const holding = candidates.filter((one) => tierOf(one) > first && heldBy(one.judged) > 0)
  return [...new Set(holding.map(tierOf))].sort((one, other) => one - other)
}

function withoutHeld(candidate: Candidate): Candidate {
  return { ...keeping(candidate, 0), isReturning: true }
}

/** Fewer have a place, or a constraint is no longer met. */
function isWorse(one: Division, other: Division): boolean {
  return sumOf(one.counts) < sumOf(other.counts) || (one.unmet !== undefined && other.unmet === undefined)
}

/** Of the free room in tiers before `tier` so much less as must be left when replicas return. */
function withLessRoom(candidates: readonly Candidate[], tier: number): readonly Candidate[] {
  let [free, left] = [0, 0]
  return candidates.map((candidate) => {
    const { judged, share } = candidate
    if (tierOf(candidate) >= tier || share.max === Infinity) return candidate
    const held = Math.min(heldBy(judged), share.max)
    const before = left
    free += share.max - held
    // Rounded over all clusters: many of little room have as much as one.
    left = Math.floor(free / returnMargin)
    return { ...candidate, share: { ...share, max: Math.max(share.min, held + left - before) } }
  })
}

function tierOf(candidate: Candidate | undefined): number {
  return candidate?.judged.tier ?? 0
}

function sumOf(counts: readonly number[], isCounted: (index: number) => boolean = () => true): number {
  return counts.reduce((sum, count, index) => (isCounted(index) ? sum + count : sum), 0)
}
