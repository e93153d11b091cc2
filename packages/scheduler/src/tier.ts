// Tiers: ordered groups of clusters, of which a later one takes only what has no place in those before it.
import type { Placement } from '@flotilla/api/placement'
import { matchAffinity } from './affinity.ts'
import type { Candidate } from './candidate.ts'
import type { Judged } from './judge.ts'
import type { ClusterRow } from './snapshot.ts'

/** Place of the first tier that selects the cluster, 0 where there are no tiers; undefined: none does. */
export type TierOf = (cluster: ClusterRow) => number | undefined

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
export function inTiers(candidates: readonly Candidate[]): readonly Candidate[] {
  const nearest = new Set(nearestTier(candidates.map(({ judged }) => judged)))
  const returning = returningTiers(candidates)
  return candidates.map((candidate) => {
    const { judged, share, isUsable } = candidate
    const mayStayEmpty = isUsable && (nearest.has(judged) || judged.holding !== undefined)
    const terms = returning.has(judged.tier) ? { ...share, held: 0 } : share
    return { ...candidate, share: terms, isUsable: mayStayEmpty }
  })
}

/** Earlier tiers must have room for all that overflowed and a fifth more: or replicas would come and go with a few. */
const returnMargin = 1.2

/**
 * Tiers whose replicas are to return to earlier ones, which have room for them beyond what they hold. Decided from the
 * first on, so that what returns now leaves nothing that could return next.
 */
function returningTiers(candidates: readonly Candidate[]): ReadonlySet<number> {
  const returning = new Set<number>()
  const tiers = Map.groupBy(candidates, ({ judged }) => judged.tier)
  let roomBefore = 0
  for (const [tier, members] of [...tiers].sort(([left], [right]) => left - right)) {
    const overflow = members.reduce((sum, { share }) => sum + (share.held ?? 0), 0)
    if (roomBefore > 0 && overflow > 0 && roomBefore >= overflow * returnMargin) returning.add(tier)
    roomBefore += members.reduce((sum, { share }) => sum + share.max - (share.held ?? 0), 0)
  }
  return returning
}
