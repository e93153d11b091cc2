// Picks the mode that the policy asks for: what each says of its clusters, divided by one engine.
import { rankByRoom } from './aggregated.ts'
import type { Allocation } from './allocation.ts'
import type { Candidate } from './candidate.ts'
import { allocateCopies } from './copies.ts'
import { allocateCounts } from './counts.ts'
import { allocateDivided } from './divided.ts'
import { weighByRoom } from './dynamic-weights.ts'
import { usefulParallelism } from './job.ts'
import type { Judged } from './judge.ts'
import { isBoundByRoom, modeOf } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import { inTiers } from './tier.ts'
import { weighByList } from './weighted.ts'

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
  const mode = modeOf(replicaScheduling)
  if (replicas === undefined || mode === 'Duplicated') return allocateCopies(request, feasible, ties)
  if (mode === 'Counts') return allocateCounts(replicas, replicaScheduling?.counts ?? [], feasible, ties)
  const candidates = inTiers(replicas, toCandidates(request, feasible, ties))
  const constraint = spreadConstraints?.[0]
  return allocateDivided(replicas, candidates, constraint && { constraint, isPacked: mode === 'Aggregated' })
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
