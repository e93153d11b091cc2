// Where nothing can be decided as the policy asks: what the last decision says stays.
import { modeOf } from '@flotilla/api/placement'
import { wantedReplicas } from './allocate.ts'
import type { Allocation } from './allocation.ts'
import { heldBy } from './candidate.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'

/** Reason of the shortfall. */
export const crossing = 'SpreadConstraintsCross'

/** `message`: why. */
export function standStill(message: string, request: ScheduleRequest, feasible: readonly Judged[]): Allocation {
  const wanted = wantedReplicas(request)
  const holding = feasible.filter((judged) => judged.holding !== undefined)
  const replicas = new Map(holding.map((judged) => [judged.cluster.id, wanted === undefined ? 1 : heldBy(judged)]))
  const shortfall = { reason: crossing, message, missingReplicas: missingOf(request, replicas) }
  return { replicas, shortfall, isUndecided: true }
}

function missingOf(request: ScheduleRequest, replicas: ReadonlyMap<string, number>): number {
  const wanted = wantedReplicas(request) ?? 0
  const held = [...replicas.values()]
  if (modeOf(request.placement.replicaScheduling) === 'Duplicated' && held.length > 0) {
    return held.reduce((missing, count) => missing + Math.max(0, wanted - count), 0)
  }
  return Math.max(0, wanted - held.reduce((sum, count) => sum + count, 0))
}
