// Tiers over failure domains: what earlier tiers can take back only dividing shows, since domains bound what tiers have.
import { type Candidate, heldBy, keeping } from '../candidate.ts'
import { returnMargin } from '../tier.ts'
import type { Division } from './spread.ts'

/**
 * The division where what later tiers hold has returned to earlier ones, if those have room for it and a fifth more.
 * What constraints want in a later tier stays there. What returns may free a domain for another tier, so it is asked
 * until none returns: the next decision has nothing to add.
 */
export function divideInTiers(
  candidates: readonly Candidate[],
  divide: (candidates: readonly Candidate[]) => Division,
): Division {
  let current: State = { candidates, division: divide(candidates) }
  const staying = new Set(holdingTiers(candidates))
  for (;;) {
    let next: State | undefined
    for (const tier of staying) {
      next = returnFrom(tier, current, divide)
      if (next === undefined) continue
      staying.delete(tier)
      break
    }
    if (next === undefined) return current.division
    current = next
  }
}

interface State {
  readonly candidates: readonly Candidate[]
  readonly division: Division
}

/** As if the tier held nothing; undefined where earlier tiers do not have more by it, or not with less room. */
function returnFrom(
  tier: number,
  { candidates, division }: State,
  divide: (candidates: readonly Candidate[]) => Division,
): State | undefined {
  const earlier = ({ counts }: Division) => sumOf(counts, (index) => tierOf(candidates[index]) < tier)
  const returning = candidates.map((one) => (tierOf(one) === tier ? withoutHeld(one) : one))
  const returned = divide(returning)
  if (earlier(returned) <= earlier(division) || isWorse(returned, division)) return undefined
  const tight = divide(withLessRoom(returning, tier, division.counts))
  return earlier(tight) < earlier(returned) ? undefined : { candidates: returning, division: returned }
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

/** Of the room in tiers before `tier` that is free beyond `counts` so much less as must be left when replicas return. */
function withLessRoom(candidates: readonly Candidate[], tier: number, counts: readonly number[]): readonly Candidate[] {
  let [free, left] = [0, 0]
  return candidates.map((candidate, index) => {
    const { judged, share } = candidate
    if (tierOf(candidate) >= tier || share.max === Infinity) return candidate
    const held = Math.min(Math.max(heldBy(judged), counts[index] ?? 0), share.max)
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
