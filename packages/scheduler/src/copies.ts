// Copies: every cluster that is used gets all of it. Objects without replicas, and Duplicated.
import type { Allocation } from './allocation.ts'
import { allocateDuplicated } from './duplicated.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'
import { chooseClusters, type ClusterChoice } from './spread/choose-clusters.ts'
import { nearestTier } from './tier.ts'
import { allocateWhole } from './whole.ts'

/**
 * On the clusters of the first tier that has any, in as many failure domains as the policy wants; on those of later tiers
 * as well where only so `minGroups` are met.
 */
export function allocateCopies(
  request: ScheduleRequest,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Allocation {
  const { replicas, placement } = request
  const copy = (clusters: readonly Judged[]) =>
    replicas === undefined ? allocateWhole(clusters) : allocateDuplicated(replicas, clusters)
  if ((placement.spreadConstraints ?? []).length === 0) return copy(nearestTier(feasible))
  const { offered, clusters, unmet } = chooseInTiers(request, feasible, ties)
  const used = new Set(clusters)
  return {
    ...(unmet === undefined ? {} : { shortfall: { reason: 'SpreadNotMet', message: unmet, missingReplicas: 0 } }),
    ...copy(clusters),
    unused: new Set(offered.flatMap((judged) => (used.has(judged) ? [] : [judged.cluster.id]))),
  }
}

interface TierChoice extends ClusterChoice {
  /** What was chosen from. */
  readonly offered: readonly Judged[]
}

/** From as few of the first tiers as give as many domains a copy as all of them would. */
function chooseInTiers(
  { replicas, placement }: ScheduleRequest,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): TierChoice {
  const { spreadConstraints = [] } = placement
  const tiers = [...new Set(feasible.map(({ tier }) => tier))].sort((one, other) => one - other)
  let best: TierChoice | undefined
  for (const last of tiers) {
    const offered = feasible.filter(({ tier }) => tier <= last)
    const choice = { offered, ...chooseClusters(spreadConstraints, replicas ?? 1, offered, ties) }
    if (best === undefined || choice.missing < best.missing) best = choice
    if (best.missing === 0) break
  }
  return best ?? { offered: [], clusters: [], missing: 0 }
}
