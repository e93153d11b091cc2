// Evidence of removals: kept in the binding until every member has confirmed, then cleared; the binding's finalizer
// goes with the last of it.
import { bindingFinalizer, fieldManager } from '@flotilla/api/group'
import { clusterResourceBindingResource, resourceBindingResource, type Removal } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import type { Patch } from '@flotilla/machinery/kube-api'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { discover } from '@flotilla/machinery/discovery'
import type { RunningController } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { startController } from '@flotilla/runtime/start-controller'
import { fateOf } from '../binding-fate.ts'
import type { Binding, Hub } from '../hub.ts'
import type { Members } from '../members/members.ts'
import { objectIdOf, type ObjectId } from '../object-id.ts'
import { removalsOf, type RemovalTarget } from './claims.ts'
import type { Intents } from './intents.ts'

export interface ReleaseDeps {
  readonly env: Env
  readonly hub: Hub
  readonly members: Members
  readonly intents: Intents
  /** Has the object looked at again on the cluster of that id. */
  readonly redeliver: (id: ObjectId, clusterId: string) => void
}

export class Release implements AsyncDisposable {
  readonly #deps: ReleaseDeps
  readonly #controller: RunningController
  /** UIDs of bindings whose deletion has been understood. */
  readonly #judged = new Set<string>()

  constructor(deps: ReleaseDeps) {
    this.#deps = deps
    const { env, hub } = deps
    this.#controller = startController(env, {
      name: 'release',
      concurrency: 32,
      watches: [],
      reconcile: async (key) => {
        const binding = hub.binding(key)
        if (binding && hub.clusters.hasSynced && hub.bindings.hasSynced && hub.clusterBindings.hasSynced) {
          await this.#reconcile(binding)
        }
      },
    })
    void hub.synced().then(() => {
      for (const informer of [hub.bindings, hub.clusterBindings]) for (const one of informer.list()) this.enqueue(one)
    })
  }

  enqueue(binding: Binding): void {
    const hasWork = binding.metadata.deletionTimestamp !== undefined || (binding.spec.removals ?? []).length > 0
    if (hasWork) this.#controller.enqueue(keyOf(binding.metadata))
  }

  /** The object is not, or no longer, on some member. */
  removed(id: ObjectId): void {
    for (const binding of this.#deps.hub.bindingsOf(id)) this.enqueue(binding)
  }

  /** What was to be removed from a cluster that is no longer registered is not ours to remove. */
  clusterGone(): void {
    const { hub } = this.#deps
    for (const informer of [hub.bindings, hub.clusterBindings]) for (const one of informer.list()) this.enqueue(one)
  }

  idle(): Promise<void> {
    return this.#controller.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controller.stop()
  }

  async #reconcile(binding: Binding): Promise<void> {
    if (binding.metadata.deletionTimestamp !== undefined) return this.#end(binding)
    const removals = binding.spec.removals ?? []
    const left = removals.filter((removal) => !this.#isSettled(targetOf(removal)))
    if (left.length < removals.length) await this.#patch(binding, { spec: { removals: left } })
  }

  async #end(binding: Binding): Promise<void> {
    const { uid = '', finalizers = [] } = binding.metadata
    if (!finalizers.includes(bindingFinalizer)) return
    const targets = removalsOf(binding)
    if (!this.#judged.has(uid)) {
      const fate = await this.#judge(binding)
      this.#deps.intents.setFate(binding, fate)
      this.#judged.add(uid)
      if (fate === 'release') return this.#dropFinalizer(binding)
      for (const { objectId, clusterId } of targets) this.#deps.redeliver(objectId, clusterId)
    }
    if (targets.every((target) => this.#isSettled(target))) await this.#dropFinalizer(binding)
  }

  async #judge(binding: Binding) {
    const { hub, intents } = this.#deps
    const discovery = await discover(hub.api)
    const templates = await Promise.all(
      binding.spec.workloads.map(async ({ ref }): Promise<KubeObject | undefined> => {
        const resource = discovery.find(ref.apiVersion, ref.kind)
        if (!resource) return undefined
        return hub.api.get(resource, ref).catch((error: unknown) => {
          if (isError(error, 'NotFound')) return undefined
          throw error
        })
      }),
    )
    return fateOf(binding, templates, intents.policyOf(binding)?.preserveResourcesOnDeletion === true)
  }

  /**
   * Confirmed by the member, cancelled by a live claim, or moot because the cluster is no longer registered under
   * that identity. Undelivered changes count as unsettled: their outcome was dropped when they were noticed.
   */
  #isSettled({ clusterId, objectId }: RemovalTarget): boolean {
    const { hub, members, intents } = this.#deps
    const isRegistered = [...hub.clusters.list()].some(({ spec }) => spec.id === clusterId)
    if (!isRegistered) return true
    if (intents.claimsOn(objectId, clusterId).length > 0) return true
    const session = members.list().find((one) => one.id === clusterId)
    return session?.outcomes.get(objectId)?.state === 'Removed'
  }

  #dropFinalizer(binding: Binding): Promise<void> {
    const finalizers = (binding.metadata.finalizers ?? []).filter((one) => one !== bindingFinalizer)
    this.#deps.intents.forgetFate(binding.metadata.uid ?? '')
    this.#judged.delete(binding.metadata.uid ?? '')
    return this.#patch(binding, { metadata: { finalizers } })
  }

  /** Throws Conflict when the binding is not the newest: the loop then looks again. */
  async #patch(binding: Binding, change: { metadata?: object; spec?: object }): Promise<void> {
    const { namespace, resourceVersion, uid } = binding.metadata
    const resource = namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
    const metadata = { ...change.metadata, resourceVersion, uid }
    const patch: Patch = { type: 'merge', patch: { ...change, metadata } }
    try {
      await this.#deps.hub.api.patch(resource, binding.metadata, patch, { fieldManager })
    } catch (error) {
      if (!isError(error, 'NotFound')) throw error
    }
  }
}

function targetOf({ id, object, templateUID }: Removal): RemovalTarget {
  return { clusterId: id, objectId: objectIdOf(object), templateUid: templateUID }
}
