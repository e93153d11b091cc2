// Workloads that are placed as one piece have one binding: what it is called, and what it goes on from. Pure.
import { group } from '@flotilla/api/group'
import type { DecidedCluster, Decision, PolicyRef, Workload } from '@flotilla/api/resource-binding'
import { hashText } from '@flotilla/scheduler/hash'
import { isGrowing, isLeaving } from '@flotilla/scheduler/holding'
import { findCondition } from '@flotilla/runtime/conditions'
import type { Binding } from './hub.ts'
import { objectIdOf, type ObjectId } from './object-id.ts'
import { isGroup } from './requirements.ts'

/** On a binding: the group that it is of. */
export const groupAnnotation = `${group}/group`

/** A group has all that one policy selects in one namespace: what is in several could not own one binding. */
export function groupNameOf({ name, uid }: PolicyRef): string {
  return `together-${name.slice(0, 200)}-${uid.slice(0, 8)}`
}

/** The name of the binding that replaces a `deleted` one of the group: always the same, so that it is made once. */
export function replacementNameOf(name: string, deleted: Binding | undefined): string {
  return deleted === undefined ? name : `${name}-${(deleted.metadata.uid ?? '').slice(0, 8)}`
}

export function isOfGroup({ spec, metadata }: Binding, name: string): boolean {
  return isGroup(spec) && metadata.annotations?.[groupAnnotation] === name
}

/**
 * Whether all that the binding wants is there: what it follows on may go. What it has just taken over is not there
 * before its status has been told anew.
 */
export function isThere({ metadata, spec, status }: Binding): boolean {
  const { decision } = spec
  if (metadata.deletionTimestamp !== undefined || decision === undefined) return false
  const ready = findCondition(status?.conditions, 'Ready')
  return (
    ready?.status === 'True' &&
    ready.observedGeneration === metadata.generation &&
    decision.shortfall === undefined &&
    decision.clusters.every(({ from }) => from === undefined) &&
    status?.decisionHash === decision.forHash
  )
}

/** The binding of one workload of the group, as if it had been decided alone. */
export function outOfGroup(binding: Binding, id: ObjectId): Binding {
  const { schedulingUnit: _, removals: __, decision, workloads, ...rest } = binding.spec
  const own = workloads.filter(({ ref }) => objectIdOf(ref) === id)
  const clusters = (decision?.clusters ?? []).map((entry) => timesEach(entry, own[0]?.components ?? []))
  return {
    ...binding,
    spec: { ...rest, workloads: own, ...(decision ? { decision: { ...decision, clusters } } : {}) },
  }
}

/** Of what goes whole there is one, or none. */
function timesEach({ name, id, clusterUID, replicas, from }: DecidedCluster, components: Workload['components']) {
  const [component] = components
  const isDivided = component?.name === ''
  const count = (groups: number | undefined) =>
    groups === undefined ? undefined : isDivided ? groups * component.replicas : groups
  const entry = { name, id, ...(clusterUID === undefined ? {} : { clusterUID }) }
  if (component === undefined) return entry
  const completions = component.completions
  return {
    ...entry,
    replicas: count(replicas) ?? component.replicas,
    ...(from === undefined ? {} : { from: count(from) ?? 0 }),
    ...(completions === undefined ? {} : { completions: (replicas ?? 1) * completions }),
  }
}

/**
 * What a new group of workloads holds already by the bindings that they had: clusters that have all of each. Undefined:
 * none has.
 */
export function heldByAll(bindings: readonly Binding[], hasReplicas: boolean): Decision | undefined {
  const [first] = bindings
  const decision = first?.spec.decision
  if (decision === undefined) return undefined
  const clusters = decision.clusters
    .filter(({ id }) => bindings.every((binding) => hasAllOn(binding, id)))
    .map(({ name, id, clusterUID }) => ({
      name,
      id,
      ...(clusterUID === undefined ? {} : { clusterUID }),
      ...(hasReplicas ? { replicas: 1 } : {}),
    }))
  if (clusters.length === 0) return undefined
  return { forHash: hashText(`together ${decision.forHash}`), clusters, explanation: decision.explanation }
}

function hasAllOn({ spec }: Binding, id: string): boolean {
  const entry = spec.decision?.clusters.find((cluster) => cluster.id === id)
  if (entry === undefined || isLeaving(entry) || isGrowing(entry)) return false
  const [component] = spec.workloads[0]?.components ?? []
  return component === undefined || component.name !== '' || (entry.replicas ?? 0) >= component.replicas
}
