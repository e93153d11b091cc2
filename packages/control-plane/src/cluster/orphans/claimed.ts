// Whether anything on the hub accounts for an object on a member. Pure.
import type { Decision } from '@flotilla/api/resource-binding'
import type { Binding } from '../../hub.ts'
import { objectIdOf, type ObjectId } from '../../object-id.ts'

/**
 * True when one of `bindings` places the object on the cluster of identity `clusterId`, or is still removing it from
 * there. `bindings`: those that name the object, in whatever role.
 */
export function isClaimed(bindings: readonly Binding[], id: ObjectId, clusterId: string): boolean {
  return bindings.some((binding) => places(binding, id, clusterId) || removes(binding, id, clusterId))
}

/** A binding that is being deleted keeps what it placed until the members have confirmed. */
function places({ spec }: Binding, id: ObjectId, clusterId: string): boolean {
  if (!spec.decision || !clustersOf(spec.decision).has(clusterId)) return false
  return [...spec.workloads, ...(spec.followers ?? [])].some(({ ref }) => objectIdOf(ref) === id)
}

const clusterIds = new WeakMap<Decision, ReadonlySet<string>>()

/** Kept, since each of the clusters asks when its copy is seen first. */
function clustersOf(decision: Decision): ReadonlySet<string> {
  let ids = clusterIds.get(decision)
  if (ids === undefined) clusterIds.set(decision, (ids = new Set(decision.clusters.map(({ id }) => id))))
  return ids
}

function removes({ spec }: Binding, id: ObjectId, clusterId: string): boolean {
  return (spec.removals ?? []).some((removal) => removal.id === clusterId && objectIdOf(removal.object) === id)
}
