// What a binding that is being deleted means for the copies it placed. Pure.
import { group } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Binding } from './hub.ts'

/** On a binding: its template was deleted with `--cascade=orphan`, so the copies stay, without our marks. */
export const orphanAnnotation = `${group}/orphan`

/**
 * remove: the template is gone, its copies go. orphan: they stay, without our marks. replace: only the binding was
 * deleted; nothing is done to the copies, which the next binding claims. release: the same, and there is none to come.
 */
export type BindingFate = 'remove' | 'orphan' | 'replace' | 'release'

/**
 * `templates`: what the hub holds now under the names of the binding's workloads, read live. `policyPreserves`: what the
 * policy says now; what the binding was told before counts as much, since the policy may have gone with the template.
 */
export function fateOf(
  binding: Binding,
  templates: readonly (KubeObject | undefined)[],
  policyPreserves: boolean,
): BindingFate {
  const uids = new Set(binding.spec.workloads.map(({ ref }) => ref.uid))
  const isAlive = templates.some(
    (template) => template && uids.has(template.metadata.uid ?? '') && !template.metadata.deletionTimestamp,
  )
  if (binding.metadata.annotations?.[orphanAnnotation] !== undefined) return 'orphan'
  if (isAlive) return 'replace'
  // The garbage collector has taken the owner off it: the template was deleted with `--cascade=orphan`.
  if ((binding.metadata.ownerReferences ?? []).length === 0) return 'orphan'
  return policyPreserves || binding.spec.preserveResourcesOnDeletion === true ? 'orphan' : 'remove'
}
