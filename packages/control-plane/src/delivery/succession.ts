// How long a removal waits for the template that took the name of the deleted one: its binding adopts the copies. Pure.
import type { KubeObject } from '@flotilla/machinery/object'
import type { Binding } from '../hub.ts'
import { objectIdOf, type ObjectId } from '../object-id.ts'

/** From when a deletion is understood on: long enough to bind and decide anew, short enough for what is not bound. */
export const successionMs = 30_000

/** How soon to look again at a deletion that is not understood yet: the template may have been created anew again. */
const unjudgedMs = 500

export type TemplateOf = (id: ObjectId) => KubeObject | undefined

/** When this process understood what the deletion of the binding means, monotonic ms; undefined: not yet. */
export type JudgedAt = (binding: Binding) => number | undefined

/**
 * Milliseconds for which nothing that `bindings` placed is to be removed; 0: at once. `now`: monotonic ms. Time in
 * which no controllers ran does not count: nobody could have bound the new template.
 */
export function successionWaitMs(
  bindings: readonly Binding[],
  templateOf: TemplateOf,
  judgedAt: JudgedAt,
  now: number,
): number {
  const waits = bindings.map((binding) => {
    const { metadata, spec } = binding
    if (metadata.deletionTimestamp === undefined) return 0
    const since = judgedAt(binding)
    if (hasSuccessor(spec.workloads, templateOf)) return (since ?? now) + successionMs - now
    return since === undefined ? unjudgedMs : 0
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
