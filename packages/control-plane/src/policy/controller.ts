// Keeps one binding for each template that a policy selects: what is divided, what follows it, by which policy.
import { fieldManager } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { watch } from '@flotilla/runtime/controller'
import type { Controller } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { timestamp } from '@flotilla/runtime/timestamp'
import { orphanAnnotation } from '../binding-fate.ts'
import { bindingsFor } from '../binding-replacement.ts'
import type { WithFirstDecision } from '../first-decision.ts'
import { outOfGroup } from '../group.ts'
import type { Binding, Hub } from '../hub.ts'
import { objectIdOf } from '../object-id.ts'
import type { ObjectId } from '../object-id.ts'
import { isGroup } from '../requirements.ts'
import { bindingPatch, bindingResourceOf, isOwnedBy, newBinding, refOf, withoutPolicy } from './binding.ts'
import {
  keysOfBinding,
  keysOfInterpretedKind,
  keysOfNamespace,
  keysOfPolicy,
  keysOfTemplate,
  templateSource,
} from './keys.ts'
import type { Policy } from './match.ts'
import { Reader } from './reader.ts'
import { Uses } from './uses.ts'

export interface PolicyDeps {
  readonly env: Env
  readonly hub: Hub
  /** Default: bindings are made undecided. */
  readonly withFirstDecision?: WithFirstDecision
}

/** Keys are ObjectIds of templates. */
export function createPolicyController({ env, hub, withFirstDecision = undecided }: PolicyDeps): Controller {
  const uses = new Uses()
  const reader = new Reader(hub, uses)

  async function reconcile(id: ObjectId): Promise<void> {
    const template = hub.templates.byId(id)
    if (!template || template.metadata.deletionTimestamp !== undefined) {
      uses.forget(id)
      return releaseOrphans(id, template)
    }
    const verdict = reader.verdictOn(template)
    const { live: binding, deleted } = bindingsFor(refOf(template), hub.bindingsOf(id))
    if (!verdict.winner) {
      uses.forget(id)
      const last = binding ?? deleted
      return patch(last, last && withoutPolicy(last))
    }
    // Its group takes over what its own binding says, and ends it.
    if (verdict.winner.spec.schedulingUnit === 'Together') return uses.forget(id)
    await hub.interpreters.ready(template)
    const followers = reader.followersOf(template, verdict.winner)
    const before = binding ? undefined : predecessorOf(id, template, deleted)
    const claim = reader.withPriority(verdict, template, binding ?? before)
    // An owner that has gone meanwhile would have the garbage collector end the binding, and delivery its copies: of a
    // template that was deleted with `--cascade=orphan` this controller may hear later than of its binding.
    if (!(binding && isOwnedBy(binding, template)) && !(await reader.isAlive(template))) return
    const now = timestamp(env.clock.now())
    if (binding) return patch(binding, bindingPatch(binding, [template], claim, followers, now, hub.interpreters))
    return withFirstDecision(newBinding(template, claim, followers, before, now, hub.interpreters), create)
  }

  /** What its own binding goes on from: one that was deleted, or the group that it belongs to no longer. */
  function predecessorOf(id: ObjectId, { metadata }: KubeObject, deleted: Binding | undefined): Binding | undefined {
    const names = ({ spec }: Binding) => isGroup(spec) && spec.workloads.some(({ ref }) => ref.uid === metadata.uid)
    const group = hub.bindingsOf(id).find(names)
    // One that a group has taken over says nothing but what is still to be removed.
    if (group === undefined || deleted?.spec.decision !== undefined) return deleted
    const { removals = [] } = deleted?.spec ?? {}
    const own = outOfGroup(group, id)
    return removals.length > 0 ? { ...own, spec: { ...own.spec, removals } } : own
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
      const gone = await Promise.all(binding.spec.workloads.map(({ ref }) => reader.isGone(ref)))
      if (gone.includes(false)) continue
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
      watch<true>(hub.interpreters, (change) => keysOfInterpretedKind(hub, change)),
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
