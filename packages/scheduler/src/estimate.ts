// How many replicas would fit a cluster's free room now.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { fitOnNode, isEligible, toPodRequest } from './fit.ts'
import { occupy, type Reservation } from './occupy.ts'
import type { ClusterRow } from './snapshot.ts'

/**
 * Σ over kinds of node of count · ⌊free / request⌋, pod slots included, after `reserved` have taken their room.
 * Infinity: nothing bounds it. Undefined: unknown.
 */
export function freeRoom(
  { shapes }: ClusterRow,
  requirements: ReplicaRequirements | undefined,
  reserved: readonly Reservation[] = [],
): number | undefined {
  if (shapes === undefined) return undefined
  const request = toPodRequest(requirements)
  let total = 0
  for (const shape of reserved.reduce(occupy, shapes)) {
    if (shape.count > 0 && isEligible(shape, requirements?.nodeClaim)) total += shape.count * fitOnNode(shape, request)
  }
  return total
}

const most = 2 ** 31 - 1

/** As a whole number that the API can hold; undefined: unknown, or without bound. */
export function estimateReplicas(
  cluster: ClusterRow,
  requirements: ReplicaRequirements | undefined,
  reserved?: readonly Reservation[],
): number | undefined {
  const room = freeRoom(cluster, requirements, reserved)
  return room === undefined || !Number.isFinite(room) ? undefined : Math.min(room, most)
}
