// Where to look first for somebody to give way: where the least important might do. No proof. Pure.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { toPodRequest } from '../fit.ts'
import { compareText } from '../snapshot.ts'
import { type Host, prepareRoomFor } from './freed.ts'

/** A workload that has replicas on a cluster. */
export interface Tenant {
  readonly key: string
  readonly priority: number
  readonly replicas: number
  readonly requirements: ReplicaRequirements | undefined
}

export interface Shortage {
  readonly priority: number
  /** Replicas that have no place. */
  readonly missing: number
  readonly requirements: ReplicaRequirements | undefined
}

/** Places in which one proof is tried: each is read node by node. */
const mostPlaces = 3

/** Of clusters with tenants of lower priority the few to try, the best first. */
export function placesToTry<Place extends { readonly name: string }>(
  shortage: Shortage,
  places: readonly Place[],
  tenantsOf: (place: Place) => readonly Tenant[],
): readonly Place[] {
  return places
    .map((place) => ({ place, lower: tenantsOf(place).filter(({ priority }) => priority < shortage.priority) }))
    .filter(({ lower }) => lower.length > 0)
    .map(({ place, lower }) => ({ place, level: leastPriority(lower, shortage) }))
    .sort((one, other) =>
      one.level === other.level ? compareText(one.place.name, other.place.name) : one.level - other.level,
    )
    .slice(0, mostPlaces)
    .map(({ place }) => place)
}

/** The lowest priority up to which tenants would leave room for all, were they on one node; Infinity: they are too few. */
function leastPriority(tenants: readonly Tenant[], { missing, requirements }: Shortage): number {
  const lowestFirst = tenants.toSorted((one, other) => one.priority - other.priority)
  const roomAfter = prepareRoomFor(toPodRequest(requirements), [oneNode(lowestFirst)])
  const leaving = new Map<string, number>()
  for (const { key, priority, replicas } of lowestFirst) {
    leaving.set(key, replicas)
    if (roomAfter(leaving) >= missing) return priority
  }
  return Number.POSITIVE_INFINITY
}

function oneNode(tenants: readonly Tenant[]): Host {
  const pods = tenants.map(({ key, replicas, requirements }) => {
    const pod = toPodRequest(requirements)
    return [key, Array.from({ length: replicas }, () => pod)] as const
  })
  const resources = new Set(pods.flatMap(([, [pod = []]]) => pod.map(([name]) => name)))
  const free = new Map([...resources, 'pods'].map((name) => [name, parseQuantity(0)]))
  return { free, labels: {}, taints: [], count: 1, isOpen: true, tenants: new Map(pods) }
}
