// What is left of kinds of nodes once replicas that were decided but are not there yet have taken their room.
import { parseQuantity, type Quantity } from '@flotilla/machinery/quantity'
import { fitOnNode, isEligible, type PodRequest, toPodRequest } from './fit.ts'
import type { Requirements } from './requirements.ts'
import type { ShapeRow } from './snapshot.ts'

/** Replicas that some decision placed on a cluster and that its free room does not show yet. */
export interface Reservation {
  readonly replicas: number
  readonly requirements?: Requirements
}

/** Fills node by node, those with most room first: what is left is what the fullest packing of alike pods would leave. */
export function occupy(shapes: readonly ShapeRow[], { replicas, requirements }: Reservation): readonly ShapeRow[] {
  const request = toPodRequest(requirements)
  const fits = shapes
    .map((shape) => ({ shape, fit: isEligible(shape, requirements?.nodeClaim) ? fitOnNode(shape, request) : 0 }))
    .sort((one, other) => other.fit - one.fit)
  let left = replicas
  return fits.flatMap(({ shape, fit }) => {
    if (left === 0 || fit === 0 || !Number.isFinite(fit)) return [shape]
    const taken = Math.min(left, fit * shape.count)
    left -= taken
    return take(shape, request, fit, taken)
  })
}

/** What is left of the nodes of one kind once they have `pods` pods, `fit` on each until there are no more. */
export function take(shape: ShapeRow, request: PodRequest, fit: number, pods: number): readonly ShapeRow[] {
  const full = Math.floor(pods / fit)
  const partly = pods % fit
  return [
    { ...shape, free: subtract(shape.free, request, fit), count: full },
    { ...shape, free: subtract(shape.free, request, partly), count: partly > 0 ? 1 : 0 },
    { ...shape, count: shape.count - full - (partly > 0 ? 1 : 0) },
  ].filter(({ count }) => count > 0)
}

function subtract(free: ShapeRow['free'], request: PodRequest, replicas: number): ShapeRow['free'] {
  const rest = new Map(free)
  for (const [name, quantity] of [...request, ['pods', onePod] as const]) {
    const room = rest.get(name)
    if (room !== undefined) rest.set(name, { ...room, nanos: room.nanos - quantity.nanos * BigInt(replicas) })
  }
  return rest
}

export const onePod: Quantity = parseQuantity(1)
