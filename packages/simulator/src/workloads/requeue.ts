// When a workload has to be looked at again without a change: its pods become available by waiting.
import type { Result } from '@flotilla/runtime/controller'
import type { PodTally } from '../pod.ts'

export function requeueFor({ nextAvailableMs }: PodTally): Result {
  return Number.isFinite(nextAvailableMs) ? { requeueAfterMs: nextAvailableMs } : {}
}
