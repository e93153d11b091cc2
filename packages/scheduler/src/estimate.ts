// How many replicas would fit a cluster's free room now.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { fitOnNode, isEligible, toPodRequest } from './fit.ts'
import { occupy, type Reservation } from './occupy.ts'
import type { ClusterRow, ShapeRow } from './snapshot.ts'

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
  for (const shape of unreserved(shapes, reserved)) {
    if (shape.count > 0 && isEligible(shape, requirements?.nodeClaim)) total += shape.count * fitOnNode(shape, request)
  }
  return total
}

const known = new WeakMap<readonly Reservation[], { shapes: readonly ShapeRow[]; left: readonly ShapeRow[] }>()

/** A list of reservations is immutable, so it is subtracted once however many workloads ask. */
function unreserved(shapes: readonly ShapeRow[], reserved: readonly Reservation[]): readonly ShapeRow[] {
  if (reserved.length === 0) return shapes
  const entry = known.get(reserved)
  if (entry?.shapes === shapes) return entry.left
  const left = reserved.reduce(occupy, shapes)
  known.set(reserved, { shapes, left })
  return left
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
