// Picks the mode that the policy asks for: what each says of its clusters, divided by one engine.
import { modeOf } from '@flotilla/api/placement'
import { rankByRoom } from './aggregated.ts'
import type { Allocation } from './allocation.ts'
import type { Candidate } from './candidate.ts'
import { allocateCopies } from './copies.ts'
import { allocateCounts } from './counts.ts'
import { allocateDivided } from './divided.ts'
import { weighByRoom } from './dynamic-weights.ts'
import { usefulParallelism } from './job.ts'
import type { Judged } from './judge.ts'
import { isBoundByRoom } from './mode.ts'
import type { Force, ScheduleRequest } from './request.ts'
import { describeCrossing } from './spread/nest.ts'
import { standStill } from './stand-still.ts'
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
  const { replicaScheduling, spreadConstraints = [] } = request.placement
  const crossing = describeCrossing(
    spreadConstraints,
    feasible.map(({ cluster }) => cluster),
  )
  if (crossing !== undefined) return standStill(crossing, replicas, request.placement, feasible)
  const mode = modeOf(replicaScheduling)
  if (replicas === undefined || mode === 'Duplicated') return allocateCopies(request, feasible, ties)
  const { force } = request
  if (mode === 'Counts') {
    return allocateCounts(replicas, replicaScheduling?.counts ?? [], feasible, ties, force?.clusterId)
  }
  const tiered = inTiers(replicas, toCandidates(replicas, request, feasible, ties), request.isPinned !== true)
  const candidates = force ? tiered.map((candidate) => forceShare(candidate, force)) : tiered
  const spreading = { constraints: spreadConstraints, isPacked: mode === 'Aggregated' }
  return allocateDivided(replicas, candidates, spreadConstraints.length > 0 ? spreading : undefined)
}

/** At least one for it, unless it takes none or weighs nothing. */
function forceShare(candidate: Candidate, { clusterId }: Force): Candidate {
  const { judged, share } = candidate
  if (judged.cluster.id !== clusterId || share.weight === 0) return candidate
  return { ...candidate, share: { ...share, min: Math.max(share.min, Math.min(1, share.max)) } }
}

function toCandidates(
  replicas: number,
  { placement }: ScheduleRequest,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): readonly Candidate[] {
  const { replicaScheduling } = placement
  if (modeOf(replicaScheduling) === 'Aggregated') return rankByRoom(replicas, feasible, ties)
  const { dynamicWeight, staticWeightList } = replicaScheduling?.weightPreference ?? {}
  if (isBoundByRoom(placement)) return weighByRoom(feasible, ties, dynamicWeight === undefined)
  return weighByList(staticWeightList, feasible, ties)
}
