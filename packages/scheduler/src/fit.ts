// Whether and how often a pod fits a kind of node.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { canonicalJson } from '@flotilla/machinery/json'
import { floorDivideQuantity, parseQuantity, type Quantity } from '@flotilla/machinery/quantity'
import { matchesNodeAffinity } from './node-affinity.ts'
import type { ShapeRow } from './snapshot.ts'
import { isTolerated } from './toleration.ts'

/** What one replica asks of a node, by resource; nothing that it asks none of. */
export type PodRequest = readonly (readonly [string, Quantity])[]

const onePod = parseQuantity(1)

const requests = new WeakMap<ReplicaRequirements, PodRequest>()

/** Objects are immutable, so requirements are read once however many clusters are asked. */
export function toPodRequest(requirements: ReplicaRequirements | undefined): PodRequest {
  if (requirements === undefined) return []
  const known = requests.get(requirements)
  if (known !== undefined) return known
  const request = Object.entries(requirements.resourceRequest ?? {})
    .map(([name, quantity]) => [name, parseQuantity(quantity)] as const)
    .filter(([, quantity]) => quantity.nanos > 0n)
  requests.set(requirements, request)
  return request
}

const keys = new WeakMap<ReplicaRequirements, string>()

/** The same for all that asks for the same. */
export function requestKey(requirements: ReplicaRequirements | undefined): string {
  if (requirements === undefined) return ''
  const known = keys.get(requirements)
  if (known !== undefined) return known
  const key = canonicalJson(requirements)
  keys.set(requirements, key)
  return key
}

export function isEligible(shape: ShapeRow, claim: ReplicaRequirements['nodeClaim']): boolean {
  const barring = shape.taints.filter((taint) => taint.effect !== 'PreferNoSchedule')
  return (
    barring.every((taint) => isTolerated(taint, claim?.tolerations ?? [])) &&
    Object.entries(claim?.nodeSelector ?? {}).every(([key, value]) => shape.labels[key] === value) &&
    (claim?.nodeAffinity === undefined || matchesNodeAffinity(claim.nodeAffinity, shape.labels))
  )
}

/** ⌊free / request⌋ of the scarcest resource, pod slots included; Infinity where nothing bounds. */
export function fitOnNode({ free }: ShapeRow, request: PodRequest): number {
  const pods = free.get('pods')
  let fit = pods === undefined ? Number.POSITIVE_INFINITY : floorDivideQuantity(pods, onePod)
  for (const [name, quantity] of request) {
    const room = free.get(name)
    fit = Math.min(fit, room === undefined ? 0 : floorDivideQuantity(room, quantity))
  }
  return fit
}

/** Σ over kinds of node of count · ⌊free / request⌋; Infinity: nothing bounds it. */
export function roomOn(shapes: readonly ShapeRow[], requirements: ReplicaRequirements | undefined): number {
  const request = toPodRequest(requirements)
  let total = 0
  for (const shape of shapes) {
    if (shape.count > 0 && isEligible(shape, requirements?.nodeClaim)) total += shape.count * fitOnNode(shape, request)
  }
  return total
}
