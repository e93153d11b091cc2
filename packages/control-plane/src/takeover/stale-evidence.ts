// What a hub that was restored from a backup says is to be removed from members. A newer state may have placed it there
// again since, so none of it is evidence any more. Pure.
import { bindingFinalizer } from '@flotilla/api/group'
import type { DecidedCluster } from '@flotilla/api/resource-binding'
import type { Patch } from '@flotilla/machinery/kube-api'
import { isLeaving } from '@flotilla/scheduler/holding'
import type { Binding } from '../hub.ts'
import { removalsOf, type RemovalTarget } from '../delivery/claims.ts'
import { objectIdOf } from '../object-id.ts'

/** Copies that would go by what the binding says: they stay, and are reported as nobody's. */
export function staleRemovalsOf(binding: Binding): readonly RemovalTarget[] {
  if (binding.metadata.deletionTimestamp !== undefined) return removalsOf(binding)
  const { spec } = binding
  const objects = [...spec.workloads, ...(spec.followers ?? [])].map(({ ref }) => ref)
  const leaving = leavingOf(binding).flatMap(({ id, clusterUID }) =>
    objects.map((ref) => ({ on: { id, clusterUID }, objectId: objectIdOf(ref), templateUid: ref.uid })),
  )
  return [...removalsOf(binding), ...leaving]
}

/** Leaves the binding with what it places; one that is being deleted goes. Undefined: nothing is stale. */
export function withoutStaleRemovals(binding: Binding): Patch | undefined {
  const { metadata, spec } = binding
  const { uid, resourceVersion, finalizers = [], deletionTimestamp } = metadata
  if (deletionTimestamp !== undefined) {
    if (!finalizers.includes(bindingFinalizer)) return undefined
    const left = finalizers.filter((one) => one !== bindingFinalizer)
    const patch = { metadata: { uid, resourceVersion, finalizers: left }, spec: { decision: null, removals: [] } }
    return { type: 'merge', patch }
  }
  const leaving = leavingOf(binding)
  if (leaving.length === 0 && (spec.removals ?? []).length === 0) return undefined
  const clusters = spec.decision?.clusters.filter((entry) => !leaving.includes(entry))
  const decision = leaving.length === 0 ? {} : { decision: { ...spec.decision, clusters } }
  return { type: 'merge', patch: { metadata: { uid, resourceVersion }, spec: { removals: [], ...decision } } }
}

function leavingOf({ spec }: Binding): readonly DecidedCluster[] {
  return (spec.decision?.clusters ?? []).filter(isLeaving)
}
