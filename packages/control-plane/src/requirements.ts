// What one replica of a binding is, and what it needs. Pure.
import type { BindingSpec, Workload } from '@flotilla/api/resource-binding'
import { gangOf, type Part, type Requirements } from '@flotilla/scheduler/requirements'

type Components = Workload['components']
type Placed = Pick<BindingSpec, 'workloads' | 'schedulingUnit'>

/** Whether they go together: as one replica, however many pods that is. */
export function isGang(components: Components): boolean {
  return components.some(({ name }) => name !== '')
}

/** Whether it is well at its end only, and must not run twice. */
export function runsToEnd({ ref, runsToCompletion }: Workload): boolean {
  return ref.kind === 'Job' || runsToCompletion === true
}

export function isGroup({ schedulingUnit }: Pick<BindingSpec, 'schedulingUnit'>): boolean {
  return schedulingUnit === 'Together'
}

/** Whether every cluster that has it has all of it: a group, or a workload of several components. */
export function goesWhole(spec: Placed): boolean {
  return isGroup(spec) || isGang(spec.workloads[0]?.components ?? [])
}

/** What its policy divides: what goes whole is one replica. Undefined: it has no replicas. */
export function replicasOf(spec: Placed): number | undefined {
  const hasComponents = spec.workloads.some(({ components }) => components.length > 0)
  return hasComponents && goesWhole(spec) ? 1 : spec.workloads[0]?.components[0]?.replicas
}

const gangs = new WeakMap<readonly Workload[], Requirements>()

/** The same object for the same workloads: schedulers know it again. */
export function requirementsOf(spec: Placed): Requirements | undefined {
  const { workloads } = spec
  if (!goesWhole(spec)) return workloads[0]?.components[0]?.replicaRequirements
  const known = gangs.get(workloads) ?? gangOf(workloads.flatMap((workload) => partsOf(workload, workloads.length > 1)))
  gangs.set(workloads, known)
  return known
}

function partsOf({ ref, components }: Workload, isOneOfMany: boolean): readonly Part[] {
  return components
    .filter(({ replicas }) => replicas > 0)
    .map(({ name, replicas: pods, replicaRequirements: requirements }) => {
      const path = [...(isOneOfMany || name === '' ? [ref.name] : []), ...(name === '' ? [] : [name])]
      return { name: path.join('/'), pods, ...(requirements && { requirements }) }
    })
}
