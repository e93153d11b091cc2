// Who has replicas on which cluster, and whether they are all there. Pure.
import { toPodRequest, type PodRequest } from '@flotilla/scheduler/fit'
import { countTenants, type Host } from '@flotilla/scheduler/preemption/freed'
import type { Binding } from '../../hub.ts'
import { objectIdOf, type ObjectId } from '../../object-id.ts'
import { runsToEnd } from '../../requirements.ts'
import { isAtRest } from './at-rest.ts'

export interface Resident {
  readonly id: ObjectId
  readonly binding: Binding
  /** Decided there. */
  readonly replicas: number
  /** One workload whose replicas are alike: pods can be told to be its own, and all ask for the same. */
  readonly isPlain: boolean
}

/** By cluster id. */
export function residentsByCluster(bindings: readonly Binding[]): ReadonlyMap<string, readonly Resident[]> {
  const found = new Map<string, Resident[]>()
  for (const binding of bindings) {
    const [workload, ...others] = binding.spec.workloads
    if (workload === undefined) continue
    const isPlain = others.length === 0 && workload.components.length === 1
    for (const { id, replicas = 0 } of binding.spec.decision?.clusters ?? []) {
      if (replicas === 0) continue
      const resident = { id: objectIdOf(workload.ref), binding, replicas, isPlain }
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
  return residents.filter(
    ({ id, binding, replicas, isPlain }) => isPlain && pods.get(id) === replicas && isAtRest(binding),
  )
}

/** What replicas ask for that were decided and have no node yet: their pods may take any room. */
export function outstandingOn(residents: readonly Resident[], hosts: readonly Host[]): readonly PodRequest[] {
  const pods = countTenants(hosts)
  return residents.filter((resident) => isLacking(resident, pods.get(resident.id) ?? 0)).flatMap(requestsOf)
}

/** Of a Job that is at rest pods are done; those of several components are not told apart. */
function isLacking({ binding, replicas, isPlain }: Resident, pods: number): boolean {
  const isJob = binding.spec.workloads.slice(0, 1).some(runsToEnd)
  return isPlain && !isJob ? pods < replicas : !isAtRest(binding)
}

function requestsOf({ binding }: Resident): readonly PodRequest[] {
  const components = binding.spec.workloads.flatMap((workload) => workload.components)
  return components.map(({ replicaRequirements }) => toPodRequest(replicaRequirements))
}
