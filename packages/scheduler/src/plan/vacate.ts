// What kinds of nodes have free once replicas have left them.
import { parseQuantity } from '@flotilla/machinery/quantity'
import { fitOnNode, isEligible, type PodRequest, toPodRequest } from '../fit.ts'
import { podsOf, type Reservation } from '../occupy.ts'
import type { ShapeRow } from '../snapshot.ts'

/**
 * Where they ran is not known: as many leave each node that may run them, one more those that have least room. Nothing
 * where no node may.
 */
export function vacate(shapes: readonly ShapeRow[], reservation: Reservation): readonly ShapeRow[] {
  return podsOf(reservation).reduce(vacatePods, shapes)
}

function vacatePods(shapes: readonly ShapeRow[], { replicas, requirements }: Reservation): readonly ShapeRow[] {
  const request = toPodRequest(requirements)
  const hosts = new Set(shapes.filter((shape) => shape.count > 0 && isEligible(shape, requirements?.nodeClaim)))
  const nodes = [...hosts].reduce((sum, { count }) => sum + count, 0)
  if (nodes === 0) return shapes
  const each = Math.floor(replicas / nodes)
  let more = replicas % nodes
  const fullFirst = [...hosts].sort((left, right) => fitOnNode(left, request) - fitOnNode(right, request))
  const freed = fullFirst.flatMap((shape) => {
    const withMore = Math.min(more, shape.count)
    more -= withMore
    return [
      { ...shape, free: add(shape.free, request, each + 1), count: withMore },
      { ...shape, free: add(shape.free, request, each), count: shape.count - withMore },
    ].filter(({ count }) => count > 0)
  })
  return [...shapes.filter((shape) => !hosts.has(shape)), ...freed]
}

const onePod = parseQuantity(1)

function add(free: ShapeRow['free'], request: PodRequest, replicas: number): ShapeRow['free'] {
  const more = new Map(free)
  for (const [name, quantity] of [...request, ['pods', onePod] as const]) {
    const room = more.get(name)
    if (room !== undefined) more.set(name, { ...room, nanos: room.nanos + quantity.nanos * BigInt(replicas) })
  }
  return more
}
