// Which objects a binding has to do with, and where. Pure.
import type { Binding } from './hub.ts'
import { objectIdOf, type ObjectId } from './object-id.ts'

/** Everything that a binding has to do with, by cluster id: followers before the workloads that need them. */
export function targetsOf(binding: Binding | undefined): ReadonlyMap<string, ReadonlySet<ObjectId>> {
  const targets = new Map<string, ReadonlySet<ObjectId>>()
  if (!binding) return targets
  const { spec } = binding
  const placed = placedBy(binding)
  for (const { id } of spec.decision?.clusters ?? []) targets.set(id, placed)
  for (const { id, object } of spec.removals ?? []) {
    targets.set(id, new Set(targets.get(id)).add(objectIdOf(object)))
  }
  return targets
}

/** Of `targetsOf`, those on the cluster of that id. */
export function targetsOn(binding: Binding, clusterId: string): ReadonlySet<ObjectId> {
  const { decision, removals = [] } = binding.spec
  const isDecided = decision?.clusters.some(({ id }) => id === clusterId) === true
  const removed = removals.filter(({ id }) => id === clusterId).map(({ object }) => objectIdOf(object))
  return new Set([...(isDecided ? placedBy(binding) : []), ...removed])
}

/** Ids of the clusters that a binding has to do with, each once. */
export function targetClusterIdsOf({ spec }: Binding): readonly string[] {
  const decided = spec.decision?.clusters ?? []
  return [...new Set([...decided, ...(spec.removals ?? [])].map(({ id }) => id))]
}

function placedBy({ spec }: Binding): ReadonlySet<ObjectId> {
  return new Set([...(spec.followers ?? []), ...spec.workloads].map(({ ref }) => objectIdOf(ref)))
}
