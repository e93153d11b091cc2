// What a mode goes by.
import { modeOf, type Placement } from '@flotilla/api/placement'

/** True where free room bounds what clusters get: Aggregated and dynamic weights. */
export function isBoundByRoom({ replicaScheduling }: Placement): boolean {
  const mode = modeOf(replicaScheduling)
  if (mode === 'Weighted') return replicaScheduling?.weightPreference?.dynamicWeight !== undefined
  return mode === 'Aggregated'
}
