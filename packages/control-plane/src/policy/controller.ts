// Keeps one binding for each template that a policy selects: what is divided, what follows it, by which policy.
import { fieldManager } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { watch } from '@flotilla/runtime/controller'
import type { Controller } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { Waiting } from '@flotilla/runtime/errors'
import { timestamp } from '@flotilla/runtime/timestamp'
import { orphanAnnotation } from '../binding-fate.ts'
import { policyIndex } from '../hub.ts'
import type { Binding, Hub } from '../hub.ts'
import { objectIdOf } from '../object-id.ts'
import type { ObjectId } from '../object-id.ts'
import { bindingKeyOf, bindingPatch, bindingResourceOf, newBinding, withoutPolicy } from './binding.ts'
import { followerKinds, followersOf } from './dependencies.ts'
import { keysOfBinding, keysOfNamespace, keysOfPolicy, keysOfTemplate, templateSource } from './keys.ts'
import { matchPolicy } from './match.ts'
import type { Policy, Verdict } from './match.ts'
import { objectsIn } from './namespace-objects.ts'
import { Uses } from './uses.ts'

export interface PolicyDeps {
  readonly env: Env
  readonly hub: Hub
}

/** Keys are ObjectIds of templates. */
export function createPolicyController({ env, hub }: PolicyDeps): Controller {
  const uses = new Uses()

  async function reconcile(id: ObjectId): Promise<void> {
    const template = hub.templates.byId(id)
    if (!template || template.metadata.deletionTimestamp !== undefined) {
      uses.forget(id)
      return releaseOrphans(id, template)
    }
    const verdict = verdictOn(hub, template)
    const binding = bindingFor(hub, template)
    if (!verdict.winner) {
      uses.forget(id)
      return patch(binding, binding && withoutPolicy(binding))
    }
    const followers = findFollowers(id, template, verdict.winner)
    if (!binding) {
      await hub.api.create(bindingResourceOf(template.metadata), newBinding(template, verdict, followers), {
        fieldManager,
      })
      return
    }
    await patch(binding, bindingPatch(binding, template, verdict, followers, timestamp(env.clock.now())))
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
    if (missing) throw new Waiting(`${missing[0]} objects have not been read yet`, 200)
    const objects = objectsIn(hub, template.metadata.namespace ?? '')
    return uses.record(id, objects, (recorded) => followersOf(template, recorded))
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
   * template was deleted with `--cascade=orphan`) is ended here: its copies stay.
   */
  async function releaseOrphans(id: ObjectId, template: KubeObject | undefined): Promise<void> {
    if (template) return
    for (const binding of hub.bindingsOf(id)) {
      const isWorkload = binding.spec.workloads.some(({ ref }) => objectIdOf(ref) === id)
      if (!isWorkload || isOwned(binding) || binding.metadata.deletionTimestamp !== undefined) continue
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

function isOwned(binding: Binding): boolean {
  return (binding.metadata.ownerReferences ?? []).length > 0
}

function bindingFor(hub: Hub, template: KubeObject): Binding | undefined {
  const { namespace, name } = bindingKeyOf(template)
  return hub.binding(namespace === undefined ? name : `${namespace}/${name}`)
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
