// What the binding of a template says before anything is decided. Pure.
import { apiVersion, bindingFinalizer } from '@flotilla/api/group'
import type { BindingSpec, Decision, PolicyRef, Workload } from '@flotilla/api/resource-binding'
import type { Removal } from '@flotilla/api/removal'
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import { deepEqual } from '@flotilla/machinery/json'
import { keyOf, type KubeObject, type ObjectKey } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { bindingKeyOf, replacementKeyOf } from '../binding-replacement.ts'
import { groupAnnotation, replacementNameOf } from '../group.ts'
import type { Binding } from '../hub.ts'
import { objectIdOf } from '../object-id.ts'
import { registered } from '../registration.ts'
import { RuleFailure } from '../interpreter/rule-failure.ts'
import type { RuleLookup } from '../interpreter/rule-book.ts'
import { Stalled } from '@flotilla/runtime/errors'
import { componentsOf } from './components.ts'
import { policyRef } from './match.ts'
import type { Verdict } from './match.ts'

type Ref = BindingSpec['workloads'][number]['ref']
type PolicyPart = Pick<
  BindingSpec,
  | 'workloads'
  | 'followers'
  | 'policy'
  | 'losingPolicies'
  | 'preserveResourcesOnDeletion'
  | 'massRemoval'
  | 'schedulePriority'
>

/** Past so many, policies that lost are not listed. */
const maxLosers = 32

/** The resource that bindings of `template` are of: cluster-scoped templates have cluster-scoped bindings. */
export function bindingResourceOf(template: ObjectKey): Resource {
  return template.namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
}

export function refOf({ apiVersion: version, kind, metadata }: KubeObject): Ref {
  const { name, namespace, uid = '' } = metadata
  return { apiVersion: version, kind, ...(namespace === undefined ? {} : { namespace }), name, uid }
}

/**
 * The binding to create for `template`. It goes when, and only when, the template goes. In place of one that was
 * `deleted` by hand it goes on from what was decided, and from what was still to be removed.
 */
export function newBinding(
  template: KubeObject,
  verdict: Verdict,
  followers: readonly KubeObject[],
  deleted: Binding | undefined,
  now: string,
  rules: RuleLookup,
): Binding {
  const ref = refOf(template)
  const key = deleted ? replacementKeyOf(ref, deleted) : bindingKeyOf(ref)
  return {
    apiVersion,
    kind: bindingResourceOf(key).kind,
    metadata: { ...key, ownerReferences: [ownerOf(template)], finalizers: [bindingFinalizer] },
    spec: {
      ...policyPart(workloadsOf([template], deleted, rules), verdict, followers),
      ...(deleted ? keptOf(deleted, followers, now) : {}),
    },
  }
}

/** The binding to create for a group of `templates`, going on from a `deleted` one of it or from what they `held`. */
export function newGroupBinding(
  key: ObjectKey,
  templates: readonly KubeObject[],
  verdict: Verdict,
  followers: readonly KubeObject[],
  before: { readonly deleted: Binding | undefined; readonly held: Decision | undefined },
  now: string,
  rules: RuleLookup,
): Binding {
  const { deleted, held } = before
  const resource = key.namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
  return {
    apiVersion,
    kind: resource.kind,
    metadata: {
      ...key,
      name: replacementNameOf(key.name, deleted),
      annotations: { [groupAnnotation]: key.name },
      ownerReferences: templates.map(ownerOf),
      finalizers: [bindingFinalizer],
    },
    spec: {
      ...policyPart(workloadsOf(templates, deleted, rules), verdict, followers),
      schedulingUnit: 'Together',
      ...(deleted ? keptOf(deleted, followers, now) : held ? { decision: held } : {}),
    },
  }
}

function keptOf(deleted: Binding, followers: readonly KubeObject[], now: string) {
  const { decision, removals = [], evictions, removalHold } = deleted.spec
  return {
    ...(decision ? { decision } : {}),
    removals: [...removals, ...droppedFollowers(deleted, followers, 'NoLongerFollows', now)],
    ...(evictions ? { evictions } : {}),
    ...(removalHold ? { removalHold } : {}),
  }
}

/**
 * The merge patch that brings `binding` up to date, or undefined when it is. A follower that goes is recorded as a
 * removal on every cluster of the decision by this same write, so that no claim ends without evidence; so is what is
 * `dropped` of a group.
 */
export function bindingPatch(
  binding: Binding,
  templates: readonly KubeObject[],
  verdict: Verdict,
  followers: readonly KubeObject[],
  now: string,
  rules: RuleLookup,
  dropped: readonly Removal[] = [],
): Readonly<Record<string, unknown>> | undefined {
  const next = policyPart(workloadsOf(templates, binding, rules), verdict, followers)
  const before = policyFields(binding.spec)
  const owners = templates.filter((template) => !isOwnedBy(binding, template)).map(ownerOf)
  const isOwned = owners.length === 0
  if (isOwned && deepEqual(before, next)) return undefined
  const reason = verdict.winner?.spec.propagateDeps === false ? 'DependenciesOff' : 'NoLongerFollows'
  const removals = [...dropped, ...droppedFollowers(binding, followers, reason, now)]
  return {
    metadata: {
      resourceVersion: binding.metadata.resourceVersion,
      ...(isOwned ? {} : { ownerReferences: [...(binding.metadata.ownerReferences ?? []), ...owners] }),
    },
    spec: {
      ...next,
      // What is empty now must not stay as it was.
      losingPolicies: next.losingPolicies ?? null,
      preserveResourcesOnDeletion: next.preserveResourcesOnDeletion ?? null,
      massRemoval: next.massRemoval ?? null,
      schedulePriority: next.schedulePriority
        ? { priorityClassName: null, problem: null, preemptionPolicy: null, ...next.schedulePriority }
        : null,
      followers: next.followers ?? null,
      ...(removals.length > 0 ? { removals: [...(binding.spec.removals ?? []), ...removals] } : {}),
    },
  }
}

/**
 * The merge patch that takes the policy off a binding that no policy selects any more; the rest stays in place, also
 * that copies are to be preserved: policy and template are often deleted together.
 */
export function withoutPolicy(binding: Binding): Readonly<Record<string, unknown>> | undefined {
  if (binding.spec.policy === undefined) return undefined
  return {
    metadata: { resourceVersion: binding.metadata.resourceVersion },
    spec: { policy: null, losingPolicies: null },
  }
}

/** What `spec` says once the policy controller has found that the policy of `verdict` wins, but for followers. */
export function withPolicyPart(
  spec: BindingSpec,
  template: KubeObject,
  verdict: Verdict,
  rules: RuleLookup,
): BindingSpec {
  const { losingPolicies: _, preserveResourcesOnDeletion: __, massRemoval: ___, schedulePriority: ____, ...rest } = spec
  const { followers: _____, ...part } = policyPart(workloadsOf([template], { spec }, rules), verdict, [])
  return { ...rest, ...part }
}

function policyPart(workloads: readonly Workload[], verdict: Verdict, followers: readonly KubeObject[]): PolicyPart {
  const { winner, losers, schedulePriority } = verdict
  return {
    workloads,
    ...(followers.length > 0 ? { followers: followers.map((follower) => ({ ref: refOf(follower) })) } : {}),
    ...(winner ? { policy: policyRef(winner) } : {}),
    ...(losers.length > 0 ? { losingPolicies: losers.slice(0, maxLosers).map(policyRef) as PolicyRef[] } : {}),
    ...(winner?.spec.preserveResourcesOnDeletion === true ? { preserveResourcesOnDeletion: true } : {}),
    ...(winner?.spec.massRemoval === 'Allow' ? { massRemoval: 'Allow' } : {}),
    ...(schedulePriority ? { schedulePriority } : {}),
  }
}

function workloadsOf(
  templates: readonly KubeObject[],
  before: Pick<Binding, 'spec'> | undefined,
  rules: RuleLookup,
): readonly Workload[] {
  const known = new Map(before?.spec.workloads.map((workload) => [workload.ref.uid, workload]))
  return templates.map((template) => workloadOf(template, known.get(template.metadata.uid ?? ''), rules))
}

/**
 * `before`: what was said of it. Where a rule fails, that goes on to hold. Throws Stalled where nothing was said yet:
 * what is not known to have replicas is not placed.
 */
export function workloadOf(template: KubeObject, before: Workload | undefined, rules: RuleLookup): Workload {
  const { labels = {} } = template.metadata
  const ref = refOf(template)
  return {
    ref,
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(rules.rulesFor(template)?.has('completion') ? { runsToCompletion: true } : {}),
    components: knownComponentsOf(template, before, rules),
  }
}

function knownComponentsOf(template: KubeObject, before: Workload | undefined, rules: RuleLookup) {
  try {
    return componentsOf(template, rules)
  } catch (error) {
    if (!(error instanceof RuleFailure)) throw error
    if (before) return before.components
    const { kind, metadata } = template
    throw new Stalled('RuleFailed', `Cannot place ${kind} ${keyOf(metadata)}: ${error.message}`, { cause: error })
  }
}

function policyFields(spec: BindingSpec): PolicyPart {
  const { workloads, followers, policy, losingPolicies, preserveResourcesOnDeletion, massRemoval, schedulePriority } =
    spec
  return {
    workloads,
    ...(followers && followers.length > 0 ? { followers } : {}),
    ...(policy ? { policy } : {}),
    ...(losingPolicies && losingPolicies.length > 0 ? { losingPolicies } : {}),
    ...(preserveResourcesOnDeletion === undefined ? {} : { preserveResourcesOnDeletion }),
    ...(massRemoval === undefined ? {} : { massRemoval }),
    ...(schedulePriority ? { schedulePriority } : {}),
  }
}

/** Evidence that `workloads` of the binding go from all its clusters, or as `orphan` stay without our marks. */
export function removalsOfWorkloads(
  { spec }: Binding,
  workloads: readonly Workload[],
  reason: string,
  orphan: boolean,
  now: string,
): readonly Removal[] {
  return workloads.flatMap(({ ref: { uid, ...object } }) =>
    (spec.decision?.clusters ?? []).map(({ name, id, clusterUID }) => ({
      cluster: name,
      id,
      ...registered(clusterUID),
      object,
      templateUID: uid,
      reason,
      since: now,
      ...(orphan ? { orphan } : {}),
    })),
  )
}

function droppedFollowers(
  binding: Binding,
  followers: readonly KubeObject[],
  reason: 'NoLongerFollows' | 'DependenciesOff',
  now: string,
): readonly Removal[] {
  const kept = new Set(followers.map((follower) => objectIdOf(refOf(follower))))
  const dropped = (binding.spec.followers ?? []).filter(({ ref }) => !kept.has(objectIdOf(ref)))
  const clusters = binding.spec.decision?.clusters ?? []
  return dropped.flatMap(({ ref: { uid, ...object } }) =>
    clusters.map(({ name, id, clusterUID }) => ({
      cluster: name,
      id,
      ...registered(clusterUID),
      object,
      templateUID: uid,
      reason,
      since: now,
    })),
  )
}

/** Whether the garbage collector ends `binding` with `template`. */
export function isOwnedBy(binding: Binding, template: KubeObject): boolean {
  return binding.metadata.ownerReferences?.some((owner) => owner.uid === template.metadata.uid) === true
}

function ownerOf(template: KubeObject) {
  const { name, uid = '' } = template.metadata
  return { apiVersion: template.apiVersion, kind: template.kind, name, uid }
}
