// Picks the mode that the policy asks for: what each says of its clusters, divided by one engine.
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
  if (replicas === undefined) return allocateWhole(feasible)
  const { replicaScheduling } = request.placement
  switch (modeOf(replicaScheduling)) {
    case 'Duplicated':
      return allocateDuplicated(replicas, feasible)
    case 'Counts':
      return allocateCounts(replicas, replicaScheduling?.counts ?? [], feasible, ties)
    case 'Weighted':
    case 'Aggregated':
      return allocateDivided(replicas, toCandidates(request, feasible, ties))
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
