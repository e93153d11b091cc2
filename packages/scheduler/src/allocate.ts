// Picks the mode that the policy asks for. One function per mode; later modes add theirs here.
import type { ReplicaScheduling } from '@flotilla/api/placement'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Allocation } from './allocation.ts'
import { allocateCounts } from './counts.ts'
import { allocateDuplicated } from './duplicated.ts'
import { usefulParallelism } from './job.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'
import { allocateWeighted } from './weighted.ts'
import { allocateWhole } from './whole.ts'

export type Mode = 'Duplicated' | 'Weighted' | 'Counts' | 'Aggregated'

export function modeOf(scheduling: ReplicaScheduling | undefined): Mode {
  if (scheduling?.replicaSchedulingType !== 'Divided') return 'Duplicated'
  return scheduling.replicaDivisionPreference ?? 'Weighted'
}

/** Replicas that the mode divides; undefined for objects without. */
export function wantedReplicas({ replicas, completions, placement }: ScheduleRequest): number | undefined {
  const isDivided = modeOf(placement.replicaScheduling) !== 'Duplicated'
  if (replicas === undefined || completions === undefined || !isDivided) return replicas
  return usefulParallelism(replicas, completions)
}

/** Throws Invalid for modes of a later version (admission refuses their policies). */
export function allocate(
  request: ScheduleRequest,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Allocation {
  const replicas = wantedReplicas(request)
  if (replicas === undefined) return allocateWhole(feasible)
  const scheduling = request.placement.replicaScheduling
  const mode = modeOf(scheduling)
  switch (mode) {
    case 'Duplicated':
      return allocateDuplicated(replicas, feasible)
    case 'Counts':
      return allocateCounts(replicas, scheduling?.counts ?? [], feasible, ties)
    case 'Weighted':
      if (scheduling?.weightPreference?.dynamicWeight === undefined) {
        return allocateWeighted(replicas, scheduling?.weightPreference?.staticWeightList, feasible, ties)
      }
  }
  throw new FlotillaError('Invalid', `Cannot divide replicas as ${mode}: this version does not act on it`)
}
