// Which objects a binding has to do with, and where. Pure.
import type { Binding } from './hub.ts'
import { objectIdOf, type ObjectId } from './object-id.ts'

/** Everything that a binding has to do with, by cluster id: followers before the workloads that need them. */
export function targetsOf(binding: Binding | undefined): ReadonlyMap<string, ReadonlySet<ObjectId>> {
  const targets = new Map<string, Set<ObjectId>>()
  if (!binding) return targets
  const { spec } = binding
  const placed = [...(spec.followers ?? []), ...spec.workloads].map(({ ref }) => objectIdOf(ref))
  for (const { id } of spec.decision?.clusters ?? []) targets.set(id, new Set(placed))
  for (const { id, object } of spec.removals ?? []) {
    const objects = targets.get(id)
    if (objects) objects.add(objectIdOf(object))
    else targets.set(id, new Set([objectIdOf(object)]))
  }
  return targets
}
