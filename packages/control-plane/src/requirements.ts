// What one replica of a binding's workload needs. Pure.
import type { Workload } from '@flotilla/api/resource-binding'
import { gangOf, type Requirements } from '@flotilla/scheduler/requirements'

type Components = Workload['components']

const gangs = new WeakMap<Components, Requirements>()

/** Whether they go together: as one replica, however many pods that is. */
export function isGang(components: Components): boolean {
  return components.some(({ name }) => name !== '')
}

/** What its policy divides: a gang is one replica. Undefined: it has no replicas. */
export function replicasOf(components: Components = []): number | undefined {
  return isGang(components) ? 1 : components[0]?.replicas
}

/** The same object for the same components: schedulers know it again. */
export function requirementsOf(components: Components = []): Requirements | undefined {
  if (!isGang(components)) return components[0]?.replicaRequirements
  const known = gangs.get(components) ?? gangOf(partsOf(components))
  gangs.set(components, known)
  return known
}

function partsOf(components: Components) {
  return components
    .filter(({ replicas }) => replicas > 0)
    .map(({ name, replicas: pods, replicaRequirements: requirements }) => {
      return { name, pods, ...(requirements && { requirements }) }
    })
}
