// Copies: every cluster that is used gets all of it. Objects without replicas, and Duplicated.
import type { Allocation } from './allocation.ts'
import { allocateDuplicated } from './duplicated.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'
import { chooseClusters } from './spread/choose-clusters.ts'
import { nearestTier } from './tier.ts'
import { allocateWhole } from './whole.ts'

/** On the clusters of the first tier that has any, in as many failure domains as the policy wants. */
export function allocateCopies(
  { replicas, placement }: ScheduleRequest,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Allocation {
  const copy = (clusters: readonly Judged[]) =>
    replicas === undefined ? allocateWhole(clusters) : allocateDuplicated(replicas, clusters)
  const { spreadConstraints = [] } = placement
  const nearest = nearestTier(feasible)
  if (spreadConstraints.length === 0) return copy(nearest)
  const { clusters, unmet } = chooseClusters(spreadConstraints, nearest, ties)
  const used = new Set(clusters)
  return {
    ...(unmet === undefined ? {} : { shortfall: { reason: 'SpreadNotMet', message: unmet, missingReplicas: 0 } }),
    ...copy(clusters),
    unused: new Set(nearest.flatMap((judged) => (used.has(judged) ? [] : [judged.cluster.id]))),
  }
}
