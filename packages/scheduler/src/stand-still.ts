// Where nothing can be decided as the policy asks: what the last decision says stays.
import { modeOf, type Placement } from '@flotilla/api/placement'
import type { Shortfall } from '@flotilla/api/resource-binding'
import type { Allocation } from './allocation.ts'
import { heldBy } from './candidate.ts'
import { scorerFailed } from './cost/scores.ts'
import type { Judged } from './judge.ts'

/** Reason of the shortfall where spread constraints cross. */
export const crossing = 'SpreadConstraintsCross'

/** Reasons for which nothing was decided: room would not help. */
export function standsStill({ reason }: Shortfall): boolean {
  return reason === crossing || reason === scorerFailed
}

/** `reason` and `message`: why. `wanted`: replicas, in all or on each cluster as the mode says; undefined for objects without. */
export function standStill(
  reason: string,
  message: string,
  wanted: number | undefined,
  { replicaScheduling }: Placement,
  feasible: readonly Judged[],
): Allocation {
  const holding = feasible.filter((judged) => judged.holding !== undefined)
  const held = holding.map(heldBy)
  const missing = (count: number) => Math.max(0, (wanted ?? 0) - count)
  const isEach = modeOf(replicaScheduling) === 'Duplicated' && held.length > 0
  const missingReplicas = isEach ? sum(held.map(missing)) : missing(sum(held))
  const counts = wanted === undefined ? held.map(() => 1) : held
  return {
    replicas: new Map(holding.map(({ cluster }, index) => [cluster.id, counts[index] ?? 0])),
    shortfall: { reason, message, missingReplicas },
    isUndecided: true,
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
