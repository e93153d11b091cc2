// Whether room that is meant for somebody could be taken by pods that wait for a node already. Pure.
import { floorDivideQuantity, parseQuantity } from '@flotilla/machinery/quantity'
import { fitOnNode, type PodRequest } from '../fit.ts'
import type { ShapeRow } from '../snapshot.ts'
import { freeWithout, type Host, withoutSlots } from './freed.ts'

/**
 * `waiting`: what those pods ask for; their rules about nodes count for nothing. `request`: what the room is meant for.
 * `leaving`: workloads of which pods leave, by key. Who asks for other resources takes room away only where pod slots run out.
 */
export function isContended(
  hosts: readonly Host[],
  waiting: readonly PodRequest[],
  request: PodRequest,
  leaving: ReadonlySet<string> = new Set(),
): boolean {
  if (waiting.length === 0) return false
  const asked = new Set(request.map(([name]) => name))
  const rivals = waiting.filter((pod) => pod.some(([name]) => asked.has(name)))
  return hosts.some((host) => {
    if (!host.isOpen) return false
    const free = freeWithout(host, leaving)
    const others = hasSlotsFor(waiting.length, free, request) ? rivals : waiting
    return others.some((pod) => fitOnNode(shapeOf(free), pod) > 0)
  })
}

const onePod = parseQuantity(1)

/** For so many pods beside all that the room is meant for. */
function hasSlotsFor(pods: number, free: ShapeRow['free'], request: PodRequest): boolean {
  const slots = free.get('pods')
  const own = fitOnNode(shapeOf(withoutSlots(free)), request)
  return slots === undefined || floorDivideQuantity(slots, onePod) >= own + pods
}

function shapeOf(free: ShapeRow['free']): ShapeRow {
  return { free, labels: {}, taints: [], count: 1 }
}
