// What a mode goes by.
import { modeOf, type Placement } from '@flotilla/api/placement'
import { objectiveOf } from './cost/objective.ts'

/** True where free room bounds what clusters get: Aggregated, dynamic weights, and Weighted with an objective. */
export function isBoundByRoom(placement: Placement): boolean {
  const { replicaScheduling } = placement
  const mode = modeOf(replicaScheduling)
  if (mode === 'Weighted') {
    return replicaScheduling?.weightPreference?.dynamicWeight !== undefined || objectiveOf(placement) !== undefined
  }
  return mode === 'Aggregated'
}
