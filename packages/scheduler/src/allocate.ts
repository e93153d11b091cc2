// Picks the mode that the policy asks for: what each says of its clusters, divided by one engine.
import type { SpreadConstraint } from '@flotilla/api/placement'
import { rankByRoom } from './aggregated.ts'
import type { Allocation } from './allocation.ts'
import type { Candidate } from './candidate.ts'
import { allocateCounts } from './counts.ts'
import { allocateDivided } from './divided.ts'
import { allocateDuplicated } from './duplicated.ts'
import { weighByRoom } from './dynamic-weights.ts'
import { usefulParallelism } from './job.ts'
import type { Judged } from './judge.ts'
import { isBoundByRoom, modeOf } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import { chooseClusters } from './spread/choose-clusters.ts'
import { returningTiers } from './tier.ts'
import { weighByList } from './weighted.ts'
import { allocateWhole } from './whole.ts'

/** Replicas that the mode divides; undefined for objects without. */
export function wantedReplicas({ replicas, completions, placement }: ScheduleRequest): number | undefined {
  const isDivided = modeOf(placement.replicaScheduling) !== 'Duplicated'
  if (replicas === undefined || completions === undefined || !isDivided) return replicas
  return usefulParallelism(replicas, completions)
}

export function allocate(
  request: ScheduleRequest,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Allocation {
  const replicas = wantedReplicas(request)
  const { replicaScheduling, spreadConstraints } = request.placement
  const first = Math.min(...feasible.map(({ tier }) => tier))
  const mode = modeOf(replicaScheduling)
  const constraint = spreadConstraints?.[0]
  if (replicas === undefined || mode === 'Duplicated') {
    const copy = (clusters: readonly Judged[]) =>
      replicas === undefined ? allocateWhole(clusters) : allocateDuplicated(replicas, clusters)
    const nearest = feasible.filter(({ tier }) => tier === first)
    return constraint === undefined ? copy(nearest) : allocateCopies(constraint, feasible, ties, copy)
  }
  if (mode === 'Counts') return allocateCounts(replicas, replicaScheduling?.counts ?? [], feasible, ties)
  const isPacked = mode === 'Aggregated'
  const candidates = toCandidates(request, feasible, ties).map((candidate) => atTier(candidate, first))
  return allocateDivided(replicas, withReturns(candidates), constraint && { constraint, isPacked })
}

/** Without replicas only the first tier is used. */
function atTier(candidate: Candidate, first: number): Candidate {
  const { tier, holding } = candidate.judged
  return tier === first || holding !== undefined ? candidate : { ...candidate, isUsable: false }
}

/** Where replicas are to return to earlier tiers, what they hold now no longer counts for its clusters. */
function withReturns(candidates: readonly Candidate[]): readonly Candidate[] {
  const returning = returningTiers(candidates)
  return candidates.map((candidate) =>
    returning.has(candidate.judged.tier) ? { ...candidate, share: { ...candidate.share, held: 0 } } : candidate,
  )
}

function allocateCopies(
  constraint: SpreadConstraint,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
  copy: (clusters: readonly Judged[]) => Allocation,
): Allocation {
  const { clusters, unmet } = chooseClusters(constraint, feasible, ties)
  const allocation = copy(clusters)
  const used = new Set(clusters)
  return {
    ...(unmet === undefined ? {} : { shortfall: { reason: 'SpreadNotMet', message: unmet, missingReplicas: 0 } }),
    ...allocation,
    unused: new Set(feasible.flatMap((judged) => (used.has(judged) ? [] : [judged.cluster.id]))),
  }
}

function toCandidates(
  { placement }: ScheduleRequest,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): readonly Candidate[] {
  const { replicaScheduling } = placement
  if (modeOf(replicaScheduling) === 'Aggregated') return rankByRoom(feasible, ties)
  if (isBoundByRoom(placement)) return weighByRoom(feasible, ties)
  return weighByList(replicaScheduling?.weightPreference?.staticWeightList, feasible, ties)
}
