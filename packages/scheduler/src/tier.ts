// Tiers: ordered groups of clusters, of which a later one takes only what has no place in those before it.
import type { Placement } from '@flotilla/api/placement'
import { matchAffinity } from './affinity.ts'
import { type Candidate, keeping } from './candidate.ts'
import { divideReplicas } from './divide.ts'
import type { Judged } from './judge.ts'
import type { ClusterFacts } from './facts.ts'

/** Place of the first tier that selects the cluster, 0 where there are no tiers; undefined: none does. */
export type TierOf = (cluster: ClusterFacts) => number | undefined

export function prepareTiers({ clusterAffinities = [] }: Placement): TierOf {
  if (clusterAffinities.length === 0) return () => 0
  const matches = clusterAffinities.map(matchAffinity)
  return (cluster) => {
    const tier = matches.findIndex((match) => match(cluster) === undefined)
    return tier < 0 ? undefined : tier
  }
}

/** Clusters of the first tier that has any. */
export function nearestTier(feasible: readonly Judged[]): readonly Judged[] {
  const first = Math.min(...feasible.map(({ tier }) => tier))
  return feasible.filter(({ tier }) => tier === first)
}

/**
 * Without replicas only the first tier is used; where replicas are to return to earlier tiers, what their clusters
 * hold now no longer counts.
 */
export function inTiers(replicas: number, candidates: readonly Candidate[], mayReturn = true): readonly Candidate[] {
  const usable = usableInTiers(candidates)
  if (usable === candidates) return candidates
  const kept = keepHeld(replicas, candidates)
  const returning = mayReturn ? returningTiers(replicas, candidates, kept) : new Set<number>()
  return usable.map((candidate, index) =>
    keeping(candidate, returning.has(candidate.judged.tier) ? 0 : (kept[index] ?? 0)),
  )
}

/** Without replicas only the first tier is used. `candidates` itself where there is no other. */
export function usableInTiers(candidates: readonly Candidate[]): readonly Candidate[] {
  const tier = candidates[0]?.judged.tier
  if (candidates.every(({ judged }) => judged.tier === tier)) return candidates
  const nearest = new Set(nearestTier(candidates.map(({ judged }) => judged)))
  return candidates.map((candidate) => {
    const { judged, isUsable } = candidate
    return { ...candidate, isUsable: isUsable && (nearest.has(judged) || judged.holding !== undefined) }
  })
}

/** What is left of what clusters hold when no more than `replicas` are wanted. */
function keepHeld(replicas: number, candidates: readonly Candidate[]): readonly number[] {
  return divideReplicas(
    replicas,
    candidates.map(({ share, held }) => ({ ...share, min: 0, max: held })),
  )
}

/** Earlier tiers must have room for all that overflowed and a fifth more: or replicas would come and go with a few. */
export const returnMargin = 1.2

/**
 * Tiers whose replicas are to return to earlier ones, which have room for them beyond what they keep and what is to be
 * added. Decided from the first on, so that what returns now leaves nothing that could return next.
 */
function returningTiers(
  replicas: number,
  candidates: readonly Candidate[],
  kept: readonly number[],
): ReadonlySet<number> {
  const tiers = new Map<number, { kept: number; room: number }>()
  for (const [index, { judged, share }] of candidates.entries()) {
    const sums = tiers.get(judged.tier) ?? { kept: 0, room: 0 }
    const held = kept[index] ?? 0
    tiers.set(judged.tier, { kept: sums.kept + held, room: sums.room + share.max - held })
  }
  const added = replicas - kept.reduce((sum, count) => sum + count, 0)
  const returning = new Set<number>()
  let roomBefore = -added
  for (const [tier, sums] of [...tiers].sort(([left], [right]) => left - right)) {
    if (tier > 0 && sums.kept > 0 && roomBefore >= sums.kept * returnMargin) returning.add(tier)
    roomBefore += sums.room
  }
  return returning
}
