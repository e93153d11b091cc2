// The hub's bindings with what will be decided for them. Pure.
import { keyOf } from '@flotilla/machinery/object'
import type { Fleet } from '@flotilla/scheduler/plan/fleet'
import type { Binding } from '../hub.ts'
import type { HubState } from './hub-state.ts'

/** Those whose template is taken away, or that are being deleted, decide nothing any more. */
export function decidedBindings({ bindings }: HubState, { works }: Pick<Fleet, 'works'>): readonly Binding[] {
  const decided = new Map(works.map(({ key, request }) => [key, request.previous]))
  return bindings.flatMap((binding) => {
    const key = keyOf(binding.metadata)
    if (!decided.has(key)) return []
    const decision = decided.get(key)
    const { decision: _, ...spec } = binding.spec
    return [{ ...binding, spec: { ...spec, ...(decision && { decision }) } }]
  })
}
