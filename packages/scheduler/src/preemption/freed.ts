// How many replicas surely fit once others have left, node by node, whichever of their pods the member takes away. Pure.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { floorDivideQuantity, parseQuantity, type Quantity } from '@flotilla/machinery/quantity'
import { fitOnNode, isEligible, type PodRequest, toPodRequest } from '../fit.ts'
import type { ShapeRow } from '../snapshot.ts'

/** One node, and who has pods on it. */
export interface Host extends ShapeRow {
  /** It takes new pods. */
  readonly isOpen: boolean
  /** What each pod asks for, by key of the workload that it is of. */
  readonly tenants: ReadonlyMap<string, readonly PodRequest[]>
}

/** Replicas by key of the workload that gives them up. */
export type Ceded = ReadonlyMap<string, number>

/** Replicas that fit in all when so many of the others have left. Giving up more never leaves room for fewer. */
export type RoomAfter = (ceded: Ceded) => number

/**
 * What leaves wholly is known pod by pod. Of what leaves in part the member chooses the pods: each counts for the replicas
 * that fit into its own room alone, and those that count for least are taken to leave.
 */
export function prepareRoom(hosts: readonly Host[], requirements: ReplicaRequirements | undefined): RoomAfter {
  return prepareRoomFor(toPodRequest(requirements), hosts, (host) => isEligible(host, requirements?.nodeClaim))
}

/** The same for pods that ask for that, on nodes that `isFit` allows. */
export function prepareRoomFor(
  request: PodRequest,
  hosts: readonly Host[],
  isFit: (host: Host) => boolean = () => true,
): RoomAfter {
  const all = countTenants(hosts)
  const known = hosts.map((host) => ({ host, isUsable: host.isOpen && isFit(host) }))
  return (ceded) => {
    const whole = new Set([...ceded.keys()].filter((key) => ceded.get(key) === all.get(key)))
    const gains = new Map([...ceded.keys()].map((key) => [key, [] as number[]]))
    let room = 0
    for (const { host, isUsable } of known) {
      const leaving = [...host.tenants].filter(([key]) => ceded.has(key))
      const free = isUsable ? freeWithout(host, whole) : none
      if (isUsable) room += fitOnNode({ ...host, free }, request)
      const inPart = leaving.filter(([key]) => !whole.has(key))
      const gainOf = isUsable
        ? prepareGain(
            free,
            request,
            inPart.flatMap(([, pods]) => pods),
          )
        : () => 0
      for (const [key, pods] of inPart) gains.get(key)?.push(...pods.map(gainOf))
    }
    for (const [key, each] of gains) {
      const least = each.sort((one, other) => one - other).slice(0, ceded.get(key))
      room += least.reduce((sum, gain) => sum + gain, 0)
    }
    return room
  }
}

/** Pods on all nodes by key. */
export function countTenants(hosts: readonly Host[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { tenants } of hosts) {
    for (const [key, pods] of tenants) counts.set(key, (counts.get(key) ?? 0) + pods.length)
  }
  return counts
}

/** What is free on a node once those have left it. */
export function freeWithout({ free, tenants }: Host, leaving: ReadonlySet<string>): ShapeRow['free'] {
  let sum = free
  for (const [key, pods] of tenants) if (leaving.has(key)) sum = pods.reduce(add, sum)
  return sum
}

export function withoutSlots(free: ShapeRow['free']): ShapeRow['free'] {
  return new Map([...free].filter(([name]) => name !== 'pods'))
}

const none: ShapeRow['free'] = new Map()
const onePod: Quantity = parseQuantity(1)

function add(free: ShapeRow['free'], pod: PodRequest): ShapeRow['free'] {
  const more = new Map(free)
  for (const [name, quantity] of [...pod, ['pods', onePod] as const]) {
    const before = more.get(name)
    if (before !== undefined) more.set(name, { ...before, nanos: before.nanos + quantity.nanos })
  }
  return more
}

/**
 * Replicas for which a pod's going surely makes room, beside those that fit already. ⌊a + b⌋ ≥ ⌊a⌋ + ⌊b⌋ for each
 * resource, so gains add up. A pod leaves one pod slot: where slots might run out it counts for no more than one replica.
 */
function prepareGain(
  free: ShapeRow['free'],
  request: PodRequest,
  leaving: readonly PodRequest[],
): (pod: PodRequest) => number {
  const slots = free.get('pods')
  const fit = fitOnNode({ free: withoutSlots(free), labels: {}, taints: [], count: 1 }, request)
  const most = leaving.reduce((sum, pod) => sum + roomLeftBy(pod, request), fit)
  const hasSlots = slots === undefined || floorDivideQuantity(slots, onePod) >= most
  return (pod) => (hasSlots ? roomLeftBy(pod, request) : Math.min(1, roomLeftBy(pod, request)))
}

/** Replicas that fit into the room of one pod alone. Of what asks for nothing one does, for the pod slot. */
export function roomLeftBy(pod: PodRequest, request: PodRequest): number {
  if (request.length === 0) return 1
  const freed = new Map(pod)
  return request.reduce((least, [name, quantity]) => {
    const room = freed.get(name)
    return Math.min(least, room === undefined ? 0 : floorDivideQuantity(room, quantity))
  }, Number.POSITIVE_INFINITY)
}
