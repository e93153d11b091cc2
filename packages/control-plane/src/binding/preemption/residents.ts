// Who has replicas on which cluster, and whether they are all there. Pure.
import { countTenants, type Host } from '@flotilla/scheduler/preemption/freed'
import type { Binding } from '../../hub.ts'
import { objectIdOf, type ObjectId } from '../../object-id.ts'
import { isAtRest } from './at-rest.ts'

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
