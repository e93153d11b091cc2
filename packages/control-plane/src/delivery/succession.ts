// How long a removal waits for the template that took the name of the deleted one: its binding adopts the copies. Pure.
import type { KubeObject } from '@flotilla/machinery/object'
import type { Binding } from '../hub.ts'
import { objectIdOf, type ObjectId } from '../object-id.ts'

/** From the deletion of a binding on: long enough to bind and decide anew, short enough for what is not bound again. */
export const successionMs = 30_000

export type TemplateOf = (id: ObjectId) => KubeObject | undefined

/**
 * Milliseconds for which nothing that `bindings` placed is to be removed; 0: at once. `now`: ms since 1970; the hub's
 * clock may differ from it, so no wait is longer than `successionMs`.
 */
export function successionWaitMs(bindings: readonly Binding[], templateOf: TemplateOf, now: number): number {
  const waits = bindings.map(({ metadata, spec }) => {
    if (metadata.deletionTimestamp === undefined || !hasSuccessor(spec.workloads, templateOf)) return 0
    return Math.min(successionMs, Date.parse(metadata.deletionTimestamp) + successionMs - now)
  })
  return Math.max(0, ...waits)
}

function hasSuccessor(workloads: Binding['spec']['workloads'], templateOf: TemplateOf): boolean {
  return workloads.some(({ ref }) => {
    const template = templateOf(objectIdOf(ref))
    return isSuccessor(ref.uid, template)
  })
}

/** True for a template of the same name that is another object and stays. */
export function isSuccessor(uid: string, template: KubeObject | undefined): template is KubeObject {
  return template !== undefined && template.metadata.uid !== uid && template.metadata.deletionTimestamp === undefined
}
