// Keeps one binding for each template that a policy selects: what is divided, what follows it, by which policy.
import { fieldManager } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { watch } from '@flotilla/runtime/controller'
import type { Controller } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { Waiting } from '@flotilla/runtime/errors'
import { timestamp } from '@flotilla/runtime/timestamp'
import { isAbsence } from '../absence.ts'
import { orphanAnnotation } from '../binding-fate.ts'
import { bindingsFor } from '../binding-replacement.ts'
import type { WithFirstDecision } from '../first-decision.ts'
import { policyIndex } from '../hub.ts'
import type { Binding, Hub } from '../hub.ts'
import { objectIdOf } from '../object-id.ts'
import type { ObjectId } from '../object-id.ts'
import { bindingPatch, bindingResourceOf, isOwnedBy, newBinding, refOf, withoutPolicy } from './binding.ts'
import { followerKinds, followersOf } from './dependencies.ts'
import { keysOfBinding, keysOfNamespace, keysOfPolicy, keysOfTemplate, templateSource } from './keys.ts'
import { matchPolicy } from './match.ts'
import type { Policy, Verdict } from './match.ts'
import { objectsIn } from './namespace-objects.ts'
import { priorityClassKind, resolvePriority } from './priority.ts'
import { Uses } from './uses.ts'

type WorkloadRef = Binding['spec']['workloads'][number]['ref']

export interface PolicyDeps {
  readonly env: Env
  readonly hub: Hub
  /** Default: bindings are made undecided. */
  readonly withFirstDecision?: WithFirstDecision
}

/** How soon a kind that has not been read is looked at again. */
const unreadRetryMs = 200

/** Keys are ObjectIds of templates. */
export function createPolicyController({ env, hub, withFirstDecision = undecided }: PolicyDeps): Controller {
  const uses = new Uses()

  async function reconcile(id: ObjectId): Promise<void> {
    const template = hub.templates.byId(id)
    if (!template || template.metadata.deletionTimestamp !== undefined) {
      uses.forget(id)
      return releaseOrphans(id, template)
    }
    const verdict = verdictOn(hub, template)
    const { live: binding, deleted } = bindingsFor(refOf(template), hub.bindingsOf(id))
    if (!verdict.winner) {
      uses.forget(id)
      const last = binding ?? deleted
      return patch(last, last && withoutPolicy(last))
    }
    const followers = findFollowers(id, template, verdict.winner)
    const claim = withPriority(verdict, template, binding ?? deleted)
    // An owner that has gone meanwhile would have the garbage collector end the binding, and delivery its copies: of a
    // template that was deleted with `--cascade=orphan` this controller may hear later than of its binding.
    if (!(binding && isOwnedBy(binding, template)) && !(await isAlive(template))) return
    const now = timestamp(env.clock.now())
    if (binding) return patch(binding, bindingPatch(binding, template, claim, followers, now))
    return withFirstDecision(newBinding(template, claim, followers, deleted, now), create)
  }

  function findFollowers(id: ObjectId, template: KubeObject, policy: Policy): readonly KubeObject[] {
    if (policy.spec.propagateDeps === false) {
      uses.forget(id)
      return []
    }
    const missing = Object.entries(followerKinds).find(
      ([kind, apiVersion]) => !hub.templates.isComplete({ apiVersion, kind }),
    )
    // A follower must not seem to have gone because its kind has not been read.
    if (missing) throw new Waiting(`${missing[0]} objects have not been read yet`, unreadRetryMs)
    const objects = objectsIn(hub, template.metadata.namespace ?? '')
    return uses.record(id, objects, (recorded) => followersOf(template, recorded))
  }

  function withPriority(verdict: Verdict, template: KubeObject, binding: Binding | undefined): Verdict {
    const asked = verdict.winner?.spec.schedulePriority
    if (asked === undefined) return verdict
    const { templates } = hub
    templates.open(priorityClassKind)
    // A class must not seem to be missing because classes have not been read.
    if (!templates.isComplete(priorityClassKind)) {
      throw new Waiting('PriorityClass objects have not been read yet', unreadRetryMs)
    }
    const classes = {
      get: (name: string) => templates.get({ ...priorityClassKind, name }),
      list: () => templates.informer(priorityClassKind)?.list() ?? [],
    }
    return { ...verdict, schedulePriority: resolvePriority(asked, template, classes, binding?.spec.schedulePriority) }
  }

  /** Whether the hub has this very template now, whatever its watch has told so far: a change comes if it has not. */
  async function isAlive(template: KubeObject): Promise<boolean> {
    const live = await readLive(refOf(template))
    return (
      live !== undefined && live.metadata.uid === template.metadata.uid && live.metadata.deletionTimestamp === undefined
    )
  }

  /** Throws Waiting until the kind has been read: a template that is there is then heard of, and its binding owned. */
  async function isGone(ref: WorkloadRef): Promise<boolean> {
    if (!hub.templates.isComplete(ref)) throw new Waiting(`${ref.kind} objects have not been read yet`, unreadRetryMs)
    return (await readLive(ref))?.metadata.uid !== ref.uid
  }

  async function readLive(ref: WorkloadRef): Promise<KubeObject | undefined> {
    const resource = hub.templates.resource(ref)
    if (!resource) throw new Waiting(`The hub does not serve kind ${ref.kind} of ${ref.apiVersion} yet`, unreadRetryMs)
    return hub.api.get(resource, ref).catch((error: unknown) => {
      if (isAbsence(error)) return undefined
      throw error
    })
  }

  async function create(binding: Binding): Promise<void> {
    await hub.api.create(bindingResourceOf(binding.metadata), binding, { fieldManager })
  }

  async function patch(
    binding: Binding | undefined,
    change: Readonly<Record<string, unknown>> | undefined,
  ): Promise<void> {
    if (!binding || !change) return
    await hub.api.patch(
      bindingResourceOf(binding.metadata),
      binding.metadata,
      { type: 'merge', patch: change },
      { fieldManager },
    )
  }

  /**
   * The garbage collector deletes the binding of a deleted template. Only a binding that it has released instead (its
   * template was deleted with `--cascade=orphan`) is ended here: its copies stay. A reference may also have been lost
   * otherwise, as in a restore: that the template is gone is the hub's word, never what has not been read.
   */
  async function releaseOrphans(id: ObjectId, template: KubeObject | undefined): Promise<void> {
    if (template) return
    for (const binding of hub.bindingsOf(id)) {
      const workload = binding.spec.workloads.find(({ ref }) => objectIdOf(ref) === id)
      if (!workload || isOwned(binding) || binding.metadata.deletionTimestamp !== undefined) continue
      if (!(await isGone(workload.ref))) continue
      const { resourceVersion, uid = '' } = binding.metadata
      await patch(binding, { metadata: { resourceVersion, annotations: { [orphanAnnotation]: 'true' } } })
      await hub.api.delete(bindingResourceOf(binding.metadata), binding.metadata, { preconditions: { uid } })
    }
  }

  return {
    name: 'policy',
    concurrency: 32,
    watches: [
      watch(templateSource(hub), (change) => keysOfTemplate(hub, uses, change)),
      watch<Policy>(hub.policies, (change) => keysOfPolicy(hub, change)),
      watch<Policy>(hub.clusterPolicies, (change) => keysOfPolicy(hub, change)),
      watch(hub.namespaces, (change) => keysOfNamespace(hub, change)),
      watch<Binding>(hub.bindings, (change) => keysOfBinding(hub, change)),
      watch<Binding>(hub.clusterBindings, (change) => keysOfBinding(hub, change)),
    ],
    reconcile,
  }
}

const undecided: WithFirstDecision = (binding, create) => create(binding)

function isOwned(binding: Binding): boolean {
  return (binding.metadata.ownerReferences ?? []).length > 0
}

function verdictOn(hub: Hub, template: KubeObject): Verdict {
  const { namespace } = template.metadata
  const local = namespace === undefined ? [] : hub.policies.byIndex('selects', policyIndex(namespace, template))
  const wide = hub.clusterPolicies.byIndex('selects', policyIndex(undefined, template))
  return matchPolicy(template, [...local, ...wide], (name) => labelsOf(hub.namespaces.get(name)))
}

function labelsOf(namespace: KubeObject | undefined): Readonly<Record<string, string>> | undefined {
  return namespace && (namespace.metadata.labels ?? {})
}
