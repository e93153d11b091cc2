// Keeps one binding for all that a policy with schedulingUnit Together selects in one namespace. It takes the place of
// other bindings of its workloads once all that it wants is there, so that nothing shrinks in between.
import { fieldManager } from '@flotilla/api/group'
import type { Workload } from '@flotilla/api/resource-binding'
import type { Removal } from '@flotilla/api/removal'
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { watch } from '@flotilla/runtime/controller'
import type { Controller } from '@flotilla/runtime/controller'
import { Waiting } from '@flotilla/runtime/errors'
import { timestamp } from '@flotilla/runtime/timestamp'
import { bindingsOfGroup } from '../binding-replacement.ts'
import type { WithFirstDecision } from '../first-decision.ts'
import { groupNameOf, heldByAll, isThere } from '../group.ts'
import type { Binding } from '../hub.ts'
import { objectIdOf } from '../object-id.ts'
import { isGroup, replicasOf } from '../requirements.ts'
import { wentWithItsKind } from '../went-with-its-kind.ts'
import {
  bindingPatch,
  bindingResourceOf,
  newGroupBinding,
  refOf,
  removalsOfWorkloads,
  withoutPolicy,
} from './binding.ts'
import type { PolicyDeps } from './controller.ts'
import { Farewells } from './farewells.ts'
import { bindingsBeside, groupKeysOf, parseGroupKey } from './group-keys.ts'
import {
  keysOfBinding,
  keysOfInterpretedKind,
  keysOfNamespace,
  keysOfPolicy,
  keysOfTemplate,
  templateSource,
} from './keys.ts'
import { policyRef } from './match.ts'
import type { Policy, Verdict } from './match.ts'
import { Reader } from './reader.ts'
import { Uses } from './uses.ts'

/** How soon an informer that lags behind a live read is looked at again. */
const lagMs = 500

/** What becomes of workloads that the policy no longer selects. */
interface Leaving {
  /** They stay in the group until another binding has them, or for good where no policy selects them. */
  readonly staying: readonly KubeObject[]
  readonly removals: readonly Removal[]
}

export function createGroupController({ env, hub, withFirstDecision = undecided }: PolicyDeps): Controller {
  const uses = new Uses()
  const reader = new Reader(hub, uses)
  const farewells = new Farewells()

  async function reconcile(key: string): Promise<void> {
    const { name, namespace } = parseGroupKey(key)
    const named = policyNamed(name)
    const policy = named?.spec.schedulingUnit === 'Together' ? named : undefined
    const { live, deleted } = bindingsOfGroup(name, bindingsBeside(hub, { name, namespace }))
    const members = policy ? membersOf(policy, namespace) : []
    await Promise.all(members.map((member) => hub.interpreters.ready(member)))
    if (!live) return members.length > 0 && policy ? create(name, namespace, policy, members, deleted) : undefined
    const { staying, removals } = await leaving(live, members)
    const templates = inOrder([...members, ...staying])
    if (templates.length === 0) return end(live)
    if (!policy) return named ? undefined : patch(live, withoutPolicy(live))
    const followers = followersOf(templates, policy)
    const now = timestamp(env.clock.now())
    await patch(
      live,
      bindingPatch(live, templates, verdictOf(templates, policy, live), followers, now, hub.interpreters, removals),
    )
    return endOthers(live, members)
  }

  function policyNamed(name: string): Policy | undefined {
    const all: readonly Policy[] = [...hub.policies.list(), ...hub.clusterPolicies.list()]
    return all.find(
      (policy) => policy.metadata.deletionTimestamp === undefined && groupNameOf(policyRef(policy)) === name,
    )
  }

  /** Throws Waiting until all kinds that the policy selects have been read: a group is not decided in parts. */
  function membersOf(policy: Policy, namespace: string | undefined): readonly KubeObject[] {
    const selected = policy.spec.resourceSelectors.flatMap((selector) => {
      hub.templates.open(selector)
      reader.mustBeRead(selector)
      return hub.templates.inNamespace(selector, namespace ?? '')
    })
    const isMember = (template: KubeObject) =>
      template.metadata.deletionTimestamp === undefined &&
      reader.verdictOn(template).winner?.metadata.uid === policy.metadata.uid
    return inOrder(selected.filter(isMember))
  }

  async function create(
    name: string,
    namespace: string | undefined,
    policy: Policy,
    members: readonly KubeObject[],
    deleted: Binding | undefined,
  ): Promise<void> {
    const alive = await Promise.all(members.map((member) => reader.isAlive(member)))
    const templates = members.filter((_, index) => alive[index])
    if (templates.length === 0) return
    const before = templates.flatMap((template) => othersOf(template, undefined))
    const key = namespace === undefined ? { name } : { namespace, name }
    const verdict = verdictOf(templates, policy, deleted)
    const binding = newGroupBinding(
      key,
      templates,
      verdict,
      followersOf(templates, policy),
      { deleted, held: undefined },
      timestamp(env.clock.now()),
      hub.interpreters,
    )
    const held = deleted ? undefined : heldByAll(before, replicasOf(binding.spec) !== undefined)
    const goingOn = held ? { ...binding, spec: { ...binding.spec, decision: held } } : binding
    await withFirstDecision(goingOn, async (decided) => {
      await hub.api.create(bindingResourceOf(decided.metadata), decided, { fieldManager })
    })
  }

  function followersOf(templates: readonly KubeObject[], policy: Policy): readonly KubeObject[] {
    const all = templates.flatMap((template) => reader.followersOf(template, policy))
    return inOrder([...new Map(all.map((object) => [objectIdOf(refOf(object)), object])).values()])
  }

  /** The highest priority of any of them counts. */
  function verdictOf(templates: readonly KubeObject[], policy: Policy, before: Binding | undefined): Verdict {
    const verdicts = templates.map((template) => {
      const { losers } = reader.verdictOn(template)
      return reader.withPriority({ winner: policy, losers }, template, before)
    })
    const [first = { winner: policy, losers: [] }, ...rest] = verdicts
    const highest = rest.reduce(
      (one, other) => ((other.schedulePriority?.priority ?? 0) > (one.schedulePriority?.priority ?? 0) ? other : one),
      first,
    )
    const losers = [...new Set(verdicts.flatMap((verdict) => verdict.losers))]
    return { ...highest, losers }
  }

  async function leaving(binding: Binding, members: readonly KubeObject[]): Promise<Leaving> {
    const ids = new Set(members.map((member) => objectIdOf(refOf(member))))
    const staying: KubeObject[] = []
    const removals: Removal[] = []
    for (const workload of binding.spec.workloads) {
      // One that was created anew under its name takes over its copies.
      if (ids.has(objectIdOf(workload.ref))) continue
      const template = hub.templates.get(workload.ref)
      if (template?.metadata.uid === workload.ref.uid) {
        if (!isTakenOver(binding, template)) staying.push(template)
        else
          removals.push(...evidence(binding, workload, 'Regrouped', false).filter((each) => isUnclaimed(binding, each)))
      } else {
        if (!(await reader.isGone(workload.ref)))
          throw new Waiting(`${workload.ref.name} has just been heard of`, lagMs)
        removals.push(...(await removalsOfGone(binding, workload)))
      }
    }
    return { staying, removals }
  }

  function isTakenOver(binding: Binding, template: KubeObject): boolean {
    const { winner } = reader.verdictOn(template)
    return winner !== undefined && othersOf(template, binding).some(isThere)
  }

  /** A copy goes with its template, unless its kind went, it was deleted with `--cascade=orphan`, or is to be preserved. */
  async function removalsOfGone(binding: Binding, workload: Workload): Promise<readonly Removal[]> {
    const resource = hub.templates.resource(workload.ref)
    if (resource && (await wentWithItsKind(hub.api, binding, resource))) return []
    const { uid } = workload.ref
    const isOwned = binding.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true
    const way = farewells.of(uid) ?? (isOwned ? 'Deleted' : 'Orphaned')
    const stays = way === 'Orphaned' || binding.spec.preserveResourcesOnDeletion === true
    return evidence(binding, workload, 'TemplateDeleted', stays)
  }

  function evidence(binding: Binding, workload: Workload, reason: string, orphan: boolean): readonly Removal[] {
    return removalsOfWorkloads(binding, [workload], reason, orphan, timestamp(env.clock.now()))
  }

  function isUnclaimed(binding: Binding, { id, object, templateUID }: Removal): boolean {
    const claims = ({ spec, metadata }: Binding) =>
      metadata.deletionTimestamp === undefined &&
      metadata.uid !== binding.metadata.uid &&
      spec.workloads.some(({ ref }) => ref.uid === templateUID) &&
      spec.decision?.clusters.some((cluster) => cluster.id === id) === true
    return !hub.bindingsOf(objectIdOf(object)).some(claims)
  }

  /** Live bindings of the template besides `binding`. */
  function othersOf({ metadata, ...rest }: KubeObject, binding: Binding | undefined): readonly Binding[] {
    const id = objectIdOf(refOf({ metadata, ...rest }))
    return hub
      .bindingsOf(id)
      .filter(
        (other) =>
          other.metadata.uid !== binding?.metadata.uid &&
          other.metadata.deletionTimestamp === undefined &&
          other.spec.workloads.some(({ ref }) => ref.uid === metadata.uid),
      )
  }

  /** Bindings that members had of their own go once the group has all. What they alone have placed goes with them. */
  async function endOthers(binding: Binding, members: readonly KubeObject[]): Promise<void> {
    if (!isThere(binding)) return
    const named = new Set(binding.spec.workloads.map(({ ref }) => ref.uid))
    const own = members.filter(({ metadata }) => named.has(metadata.uid ?? ''))
    for (const other of own.flatMap((member) => othersOf(member, binding))) {
      if (!isGroup(other.spec)) await end(other)
    }
  }

  async function end({ metadata }: Binding): Promise<void> {
    const { uid = '' } = metadata
    await hub.api.delete(bindingResourceOf(metadata), metadata, { preconditions: { uid } }).catch((error: unknown) => {
      if (!isError(error, 'NotFound')) throw error
    })
  }

  async function patch(binding: Binding, change: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    if (!change) return
    const resource = bindingResourceOf(binding.metadata)
    await hub.api.patch(resource, binding.metadata, { type: 'merge', patch: change }, { fieldManager })
  }
  return {
    name: 'group',
    concurrency: 16,
    watches: [
      watch(templateSource(hub), (change) => {
        if (change.before && !change.after) farewells.see(change.before)
        return groupKeysOf(hub, reader, keysOfTemplate(hub, uses, change))
      }),
      watch<Policy>(hub.policies, (change) => groupKeysOf(hub, reader, keysOfPolicy(hub, change))),
      watch<Policy>(hub.clusterPolicies, (change) => groupKeysOf(hub, reader, keysOfPolicy(hub, change))),
      watch<true>(hub.interpreters, (change) => groupKeysOf(hub, reader, keysOfInterpretedKind(hub, change))),
      watch(hub.namespaces, (change) => groupKeysOf(hub, reader, keysOfNamespace(hub, change))),
      watch<Binding>(hub.bindings, (change) => groupKeysOf(hub, reader, keysOfBinding(hub, change))),
      watch<Binding>(hub.clusterBindings, (change) => groupKeysOf(hub, reader, keysOfBinding(hub, change))),
    ],
    reconcile,
  }
}

const undecided: WithFirstDecision = (binding, create) => create(binding)

/** So that the same members make the same binding. */
function inOrder(objects: readonly KubeObject[]): readonly KubeObject[] {
  const idOf = (object: KubeObject) => objectIdOf(refOf(object))
  return [...new Map(objects.map((object) => [idOf(object), object])).values()].sort((one, other) =>
    idOf(one) < idOf(other) ? -1 : 1,
  )
}
