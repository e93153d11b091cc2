// From a change of anything to the templates whose binding it may change.
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Change, Source } from '@flotilla/runtime/source'
import { isThere } from '../group.ts'
import type { Binding, Hub } from '../hub.ts'
import { isGroup } from '../requirements.ts'
import { kindIdIn, kindIdOf, objectIdIn, objectIdOf, parseObjectId } from '../object-id.ts'
import type { ObjectId } from '../object-id.ts'
import { refOf } from './binding.ts'
import { followerKinds } from '../interpreter/follower-kinds.ts'
import type { PodTemplate } from '../interpreter/pod-set.ts'
import { RuleFailure } from '../interpreter/rule-failure.ts'
import { pointsAt, scales } from './dependencies.ts'
import type { Policy } from './match.ts'
import { objectsIn } from './namespace-objects.ts'
import { podTemplatesOf } from './pod-template.ts'
import { priorityClassKind } from './priority.ts'
import type { Uses } from './uses.ts'

/** All templates of all open kinds, keyed by ObjectId. */
export function templateSource(hub: Hub): Source<KubeObject> {
  return {
    onChange: (listener) =>
      hub.templates.onChange((kind, change) => listener({ ...change, key: objectIdIn(kind, change.key) })),
    synced: () => Promise.resolve(),
    hasSynced: true,
  }
}

/** The template itself, and the workloads that it follows or may follow. */
export function* keysOfTemplate(hub: Hub, uses: Uses, change: Change<KubeObject>): Iterable<ObjectId> {
  // First: no generation tells that a class has become the default one.
  if (kindIdIn(change.key) === kindIdOf(priorityClassKind)) yield* keysOfPriorityClass(hub, change)
  if (isStatusOnly(change)) return
  yield change.key
  const object = change.after ?? change.before
  if (!object || !(object.kind in followerKinds)) return
  yield* uses.usersOf(change.key)
  for (const binding of hub.bindingsOf(change.key)) yield* workloadsOf(binding)
  const versions = [change.before, change.after].filter((each) => each !== undefined)
  const { namespace } = parseObjectId(change.key)
  const objects = objectsIn(hub, namespace)
  for (const workload of uses.workloadsIn(namespace)) {
    const template = hub.templates.byId(workload)
    if (!template) continue
    const pods = knownPodsOf(template, hub)
    if (
      versions.some(
        (each) =>
          pods.some((pod) => pointsAt(each, pod, objects)) ||
          (each.kind === 'HorizontalPodAutoscaler' && scales(each, template)),
      )
    ) {
      yield workload
    }
  }
}

/** Of one whose rule fails the followers stay as they are, whatever changes. */
function knownPodsOf(template: KubeObject, hub: Hub): readonly PodTemplate[] {
  try {
    return podTemplatesOf(template, hub.interpreters)
  } catch (error) {
    if (error instanceof RuleFailure) return []
    throw error
  }
}

/** Workloads that have their priority from the class, or may have it from another default one now. */
function* keysOfPriorityClass(hub: Hub, { before, after }: Change<KubeObject>): Iterable<ObjectId> {
  const name = (after ?? before)?.metadata.name
  const isDefault = [before, after].some((each) => each?.['globalDefault'] === true)
  for (const binding of [...hub.bindings.list(), ...hub.clusterBindings.list()]) {
    const { schedulePriority } = binding.spec
    if (schedulePriority === undefined) continue
    if (isDefault || schedulePriority.priorityClassName === name) yield* workloadsOf(binding)
  }
}

/** What policies read of an object is its generation's or its metadata's. */
function isStatusOnly({ before, after }: Change<KubeObject>): boolean {
  if (!before || !after || after.metadata.generation === undefined) return false
  return (
    before.metadata.generation === after.metadata.generation &&
    before.metadata.uid === after.metadata.uid &&
    before.metadata.deletionTimestamp === after.metadata.deletionTimestamp &&
    deepEqual(before.metadata.labels, after.metadata.labels) &&
    deepEqual(before.metadata.ownerReferences, after.metadata.ownerReferences)
  )
}

/** Everything that the policy selects or selected, and what it has placed. */
export function* keysOfPolicy(hub: Hub, change: Change<Policy>): Iterable<ObjectId> {
  if (isStatusOnly(change)) return
  const { before, after } = change
  for (const [kind, apiVersion] of Object.entries(followerKinds)) hub.templates.open({ apiVersion, kind })
  for (const policy of [before, after]) {
    if (!policy) continue
    for (const selector of policy.spec.resourceSelectors) {
      hub.templates.open(selector)
      const namespace = selector.namespace ?? policy.metadata.namespace
      if (selector.name !== undefined && namespace !== undefined) {
        yield objectIdOf({ ...selector, namespace, name: selector.name })
        continue
      }
      const templates = hub.templates.informer(selector)
      const found = namespace === undefined ? templates?.list() : hub.templates.inNamespace(selector, namespace)
      for (const template of found ?? []) yield objectIdOf(refOf(template))
    }
    const { uid = '' } = policy.metadata
    for (const binding of [...hub.bindings.byIndex('policy', uid), ...hub.clusterBindings.byIndex('policy', uid)]) {
      yield* workloadsOf(binding)
    }
  }
}

/** All templates of a kind that is read by other rules now. */
export function* keysOfInterpretedKind(hub: Hub, { key }: Change<true>): Iterable<ObjectId> {
  for (const template of hub.templates.ofKind(key)) yield objectIdOf(refOf(template))
}

/** Templates of a namespace whose labels changed, of the kinds that cluster-wide policies select by such labels. */
export function* keysOfNamespace(hub: Hub, { before, after }: Change<KubeObject>): Iterable<ObjectId> {
  if (deepEqual(before?.metadata.labels ?? {}, after?.metadata.labels ?? {})) return
  const namespace = after?.metadata.name ?? before?.metadata.name ?? ''
  for (const policy of hub.clusterPolicies.list()) {
    for (const selector of policy.spec.resourceSelectors) {
      if (selector.namespaceSelector === undefined) continue
      for (const template of hub.templates.inNamespace(selector, namespace)) yield objectIdOf(refOf(template))
    }
  }
}

/** A binding that somebody edited or deleted is made again; what only the scheduler or delivery wrote is no news. */
export function keysOfBinding(hub: Hub, { before, after }: Change<Binding>): Iterable<ObjectId> {
  const binding = after ?? before
  if (!binding) return []
  for (const { ref } of binding.spec.workloads) hub.templates.open(ref)
  const isSame =
    before !== undefined &&
    after !== undefined &&
    before.metadata.deletionTimestamp === after.metadata.deletionTimestamp &&
    deepEqual(before.spec.workloads, after.spec.workloads) &&
    deepEqual(before.spec.followers, after.spec.followers) &&
    deepEqual(before.spec.policy, after.spec.policy) &&
    deepEqual(before.spec.schedulePriority, after.spec.schedulePriority) &&
    before.spec.preserveResourcesOnDeletion === after.spec.preserveResourcesOnDeletion &&
    before.spec.massRemoval === after.spec.massRemoval &&
    (isThere(before) === isThere(after) || !isBesideGroup(hub, after)) &&
    deepEqual(before.metadata.ownerReferences, after.metadata.ownerReferences)
  return isSame ? [] : workloadsOf(binding)
}

/** One of both may be about to follow on the other: then it matters whether it is ready. */
function isBesideGroup(hub: Hub, binding: Binding): boolean {
  return workloadsOf(binding).some((id) => hub.bindingsOf(id).some(({ spec }) => isGroup(spec)))
}

function workloadsOf(binding: Binding): readonly ObjectId[] {
  return binding.spec.workloads.map(({ ref }) => objectIdOf(ref))
}
