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

/** One for each kind of pod: of a gang one for each part. */
export function podsOf(reservation: Reservation): readonly Reservation[] {
  const { replicas, requirements } = reservation
  if (requirements?.parts === undefined) return [reservation]
  return requirements.parts.map((part) => ({
    replicas: replicas * part.pods,
    ...(part.requirements && { requirements: part.requirements }),
  }))
}

export interface Occupied {
  readonly shapes: readonly ShapeRow[]
  /** Replicas that found no room. */
  readonly unseated: number
}

/** Which nodes are filled first: those that take most replicas, as members spread them, or those that take fewest. */
export type Order = 'Widest' | 'Tightest'

/** Fills node by node: what is left is what the fullest packing would leave. */
export function occupy(
  shapes: readonly ShapeRow[],
  { replicas, requirements }: Reservation,
  order: Order = 'Widest',
): Occupied {
  const request = toPodRequest(requirements)
  const fits = shapes.map((shape) => ({
    shape,
    fit: isEligible(shape, requirements?.nodeClaim) ? fitOnNode(shape, request) : 0,
  }))
  if (fits.some(({ fit }) => !Number.isFinite(fit))) return { shapes, unseated: 0 }
  fits.sort((one, other) => (order === 'Widest' ? other.fit - one.fit : one.fit - other.fit))
  let left = replicas
  const after = fits.flatMap(({ shape, fit }) => {
    if (left === 0 || fit === 0) return [shape]
    const taken = Math.min(left, fit * shape.count)
    left -= taken
    const full = Math.floor(taken / fit)
    const partly = taken % fit
    return [
      { ...shape, free: subtract(shape.free, request, fit), count: full },
      { ...shape, free: subtract(shape.free, request, partly), count: partly > 0 ? 1 : 0 },
      { ...shape, count: shape.count - full - (partly > 0 ? 1 : 0) },
    ].filter(({ count }) => count > 0)
  })
  return { shapes: after, unseated: left }
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
