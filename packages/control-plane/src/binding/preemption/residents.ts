// Who has replicas on which cluster, and whether they are all there. Pure.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { countTenants, type Host, prepareRoomFor } from '@flotilla/scheduler/preemption/freed'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { toPodRequest } from '@flotilla/scheduler/fit'
import type { Binding } from '../../hub.ts'
import { objectIdOf, type ObjectId } from '../../object-id.ts'
import { isAtRest } from './at-rest.ts'
import { priorityOf } from './consent.ts'

export interface Resident {
  readonly id: ObjectId
  readonly binding: Binding
  /** Decided there. */
  readonly replicas: number
}

/** By cluster id: those of one workload with replicas. */
export function residentsByCluster(bindings: readonly Binding[]): ReadonlyMap<string, readonly Resident[]> {
  const found = new Map<string, Resident[]>()
  for (const binding of bindings) {
    const [workload, ...others] = binding.spec.workloads
    if (workload === undefined || others.length > 0 || workload.components.length !== 1) continue
    for (const { id, replicas = 0 } of binding.spec.decision?.clusters ?? []) {
      if (replicas === 0) continue
      const resident = { id: objectIdOf(workload.ref), binding, replicas }
      const there = found.get(id)
      if (there) there.push(resident)
      else found.set(id, [resident])
    }
  }
  return found
}

/** Those that have come to rest and whose pods on the member are all there and no more. */
export function settledOn(residents: readonly Resident[], hosts: readonly Host[]): readonly Resident[] {
  const pods = countTenants(hosts)
  return residents.filter(({ id, binding, replicas }) => pods.get(id) === replicas && isAtRest(binding))
}

/**
 * The lowest priority up to which residents might leave room for `wanted` replicas, were they all on one node; Infinity:
 * there is none. No proof: it says where to look first.
 */
export function leastPriority(
  residents: readonly Resident[],
  wanted: number,
  requirements: ReplicaRequirements | undefined,
): number {
  const byPriority = residents.toSorted((one, other) => priorityOf(one.binding) - priorityOf(other.binding))
  const request = toPodRequest(requirements)
  const roomAfter = prepareRoomFor(request, [oneNode(byPriority)])
  const leaving = new Map<ObjectId, number>()
  for (const { id, binding, replicas } of byPriority) {
    leaving.set(id, replicas)
    if (roomAfter(leaving) >= wanted) return priorityOf(binding)
  }
  return Number.POSITIVE_INFINITY
}

function oneNode(residents: readonly Resident[]): Host {
  const tenants = residents.map(({ id, binding, replicas }) => {
    const pod = toPodRequest(binding.spec.workloads[0]?.components[0]?.replicaRequirements)
    return [id, Array.from({ length: replicas }, () => pod)] as const
  })
  const resources = new Set(tenants.flatMap(([, pods]) => pods[0]?.map(([name]) => name) ?? []))
  const free = new Map([...resources, 'pods'].map((name) => [name, parseQuantity(0)]))
  return { free, labels: {}, taints: [], count: 1, isOpen: true, tenants: new Map(tenants) }
}
