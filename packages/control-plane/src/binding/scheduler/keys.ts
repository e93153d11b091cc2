// Which bindings are decided again after a change, in the order in which they are. Pure.
import type { ClusterPropagationPolicy, PropagationPolicy } from '@flotilla/api/propagation-policy'
import { isPinned } from '@flotilla/api/reschedule'
import { deepEqual } from '@flotilla/machinery/json'
import type { Change } from '@flotilla/runtime/source'
import { compareTurns } from '@flotilla/scheduler/order'
import type { Binding, Hub } from '../../hub.ts'
import { turnOf } from '../../turn.ts'
import { placesDefinition } from '../placed-kinds.ts'
import { isGrowthReady } from './growth.ts'

export type Policy = PropagationPolicy | ClusterPropagationPolicy

export function allBindings(hub: Hub): readonly string[] {
  return inTurn([...hub.bindings.list(), ...hub.clusterBindings.list()])
}

/** Their keys, in the order in which they are decided. */
function inTurn(bindings: readonly Binding[]): readonly string[] {
  return bindings
    .map(turnOf)
    .sort(compareTurns)
    .map(({ key }) => key)
}

/** Its inputs changed, or its growth became ready. */
export function keysOfBinding({ key, before, after }: Change<Binding>): Iterable<string> {
  if (!after) return []
  const isSame =
    before !== undefined && deepEqual(before.spec, after.spec) && isGrowthReady(before) === isGrowthReady(after)
  return isSame ? [] : [key]
}

export function placesDefinitions({ before, after }: Change<Binding>): boolean {
  const binding = after ?? before
  return (
    binding !== undefined &&
    placesDefinition(binding) &&
    !deepEqual(before?.spec.decision?.clusters, after?.spec.decision?.clusters)
  )
}

/** What decisions depend on. */
function asks({ spec, status }: Policy): unknown {
  return [spec.placement, isPinned(spec.reschedule, status)]
}

export function keysOfPolicy(hub: Hub, { before, after }: Change<Policy>): readonly string[] {
  if (before && after && deepEqual(asks(before), asks(after))) return []
  const uid = (after ?? before)?.metadata.uid ?? ''
  return inTurn([...hub.bindings.byIndex('policy', uid), ...hub.clusterBindings.byIndex('policy', uid)])
}
