// How a placement divides replicas.
import type { Placement, ReplicaScheduling } from '@flotilla/api/placement'

export type Mode = 'Duplicated' | 'Weighted' | 'Counts' | 'Aggregated'

export function modeOf(scheduling: ReplicaScheduling | undefined): Mode {
  if (scheduling?.replicaSchedulingType !== 'Divided') return 'Duplicated'
  return scheduling.replicaDivisionPreference ?? 'Weighted'
}

/** True where free room bounds what clusters get: Aggregated and dynamic weights. */
export function isBoundByRoom({ replicaScheduling }: Placement): boolean {
  const mode = modeOf(replicaScheduling)
  if (mode === 'Weighted') return replicaScheduling?.weightPreference?.dynamicWeight !== undefined
  return mode === 'Aggregated'
}
