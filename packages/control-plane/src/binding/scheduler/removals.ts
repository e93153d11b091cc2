// What a new decision takes away, written down in the same write. Pure.
import type { Decision } from '@flotilla/api/resource-binding'
import type { Removal } from '@flotilla/api/removal'
import type { CauseOfLoss } from '@flotilla/scheduler/cause-of-loss'
import type { Binding } from '../../hub.ts'
import { registered, type UidOf } from '../../registration.ts'

/**
 * Removals of everything that `binding` names on the clusters that `next` no longer does. What a cluster holds that has
 * been taken off the hub stays there, also when it is registered again.
 */
export function removalsFor(
  binding: Binding,
  next: Decision,
  uidOf: UidOf,
  causeOf: (clusterId: string) => CauseOfLoss,
  now: string,
): readonly Removal[] {
  const kept = new Set(next.clusters.map((cluster) => cluster.id))
  const dropped = (binding.spec.decision?.clusters ?? []).filter((cluster) => !kept.has(cluster.id))
  const refs = [...binding.spec.workloads, ...(binding.spec.followers ?? [])].map((entry) => entry.ref)
  return dropped.flatMap((entry) => {
    const clusterUID = uidOf(entry)
    if (clusterUID === undefined || clusterUID !== (entry.clusterUID ?? clusterUID)) return []
    const reason = causeOf(entry.id)
    return refs.map(({ uid, ...object }) => ({
      cluster: entry.name,
      id: entry.id,
      ...registered(clusterUID),
      object,
      templateUID: uid,
      reason,
      since: now,
    }))
  })
}

/** Of the removals already recorded, those that `next` does not take back: a claim cancels its removal. */
export function pendingRemovals(binding: Binding, next: Decision): readonly Removal[] {
  const claimed = new Set(next.clusters.map((cluster) => cluster.id))
  const uids = new Set([...binding.spec.workloads, ...(binding.spec.followers ?? [])].map((entry) => entry.ref.uid))
  return (binding.spec.removals ?? []).filter(({ id, templateUID }) => !(claimed.has(id) && uids.has(templateUID)))
}
