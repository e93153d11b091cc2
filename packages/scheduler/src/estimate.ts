// How many replicas would fit a cluster's free room now. In this version it only explains.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { floorDivideQuantity, parseQuantity, type Quantity } from '@flotilla/machinery/quantity'
import { matchesNodeAffinity } from './node-affinity.ts'
import type { ClusterRow, ShapeRow } from './snapshot.ts'
import { isTolerated } from './toleration.ts'

const onePod = parseQuantity(1)

/** Σ over kinds of node of count · ⌊free / request⌋, pod slots included. Undefined: unknown, or without bound. */
export function estimateReplicas(
  { shapes }: ClusterRow,
  requirements: ReplicaRequirements | undefined,
): number | undefined {
  if (shapes === undefined) return undefined
  const request = Object.entries(requirements?.resourceRequest ?? {}).map(
    ([name, quantity]) => [name, parseQuantity(quantity)] as const,
  )
  let total = 0
  for (const shape of shapes) {
    if (isEligible(shape, requirements?.nodeClaim)) total += shape.count * fitOnNode(shape, request)
  }
  return Number.isFinite(total) ? total : undefined
}

function isEligible(shape: ShapeRow, claim: ReplicaRequirements['nodeClaim']): boolean {
  const barring = shape.taints.filter((taint) => taint.effect !== 'PreferNoSchedule')
  return (
    barring.every((taint) => isTolerated(taint, claim?.tolerations ?? [])) &&
    Object.entries(claim?.nodeSelector ?? {}).every(([key, value]) => shape.labels[key] === value) &&
    (claim?.nodeAffinity === undefined || matchesNodeAffinity(claim.nodeAffinity, shape.labels))
  )
}

function fitOnNode({ free }: ShapeRow, request: readonly (readonly [string, Quantity])[]): number {
  const pods = free.get('pods')
  let fit = pods === undefined ? Number.POSITIVE_INFINITY : floorDivideQuantity(pods, onePod)
  for (const [name, quantity] of request) {
    if (quantity.nanos <= 0n) continue
    const room = free.get(name)
    fit = Math.min(fit, room === undefined ? 0 : floorDivideQuantity(room, quantity))
  }
  return fit
}
