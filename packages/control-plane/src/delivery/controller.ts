// Delivery: one loop per member, fed with what changes on the hub.
import type { Cluster } from '@flotilla/api/cluster'
import { deepEqual } from '@flotilla/machinery/json'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { targetsOf, targetsOn } from '../binding-targets.ts'
import type { Fences } from '../fences.ts'
import type { Binding, Hub } from '../hub.ts'
import type { MemberSession } from '../members/member-session.ts'
import type { Members } from '../members/members.ts'
import { kindIdIn, kindIdOf, objectIdIn, objectIdOf, type KindId, type ObjectId } from '../object-id.ts'
import type { Hmac } from './applied-hash.ts'
import { Breaker } from './breaker/breaker.ts'
import { Intents } from './intents.ts'
import { MemberSync } from './member-sync.ts'
import type { AnyOverridePolicy } from './overrides.ts'
import { Release } from './release.ts'
import { isSameStatement } from './template-change.ts'

export interface DeliveryDeps {
  readonly env: Env
  readonly hub: Hub
  readonly members: Members
  /** With the hub's own key: what members see of what we state. */
  readonly hmac: Hmac
  readonly fences?: Fences | undefined
}

export interface RunningDelivery extends AsyncDisposable {
  /** Resolves when nothing is queued or running on any member (delayed keys do not count). */
  idle(): Promise<void>
}

export function startDelivery(deps: DeliveryDeps): RunningDelivery {
  return new Delivery(deps)
}

class Delivery implements RunningDelivery {
  readonly #deps: DeliveryDeps
  readonly #intents: Intents
  readonly #release: Release
  readonly #breaker: Breaker
  /** By cluster id. */
  readonly #syncs = new Map<string, MemberSync>()
  readonly #closing = new Set<Promise<void>>()
  readonly #unwatch: readonly (() => void)[]

  constructor(deps: DeliveryDeps) {
    this.#deps = deps
    const { env, hub, members, fences } = deps
    const intents = new Intents(hub, deps.hmac, (binding, target) => this.#breaker.holds(binding, target))
    this.#intents = intents
    const redeliver = (id: ObjectId, on: string) => this.#syncs.get(on)?.markChanged(id)
    this.#release = new Release({ env, hub, intents, members, redeliver })
    this.#breaker = new Breaker({ env, hub, intents, redeliver })
    this.#unwatch = [
      hub.bindings.onChange((change) => this.#seeBinding(change)),
      hub.clusterBindings.onChange((change) => this.#seeBinding(change)),
      hub.templates.onChange((kind, change) => this.#seeTemplate(objectIdIn(kind, change.key), change)),
      hub.templates.onComplete((kind) => this.#enqueueAll((id) => kindIdIn(id) === kind)),
      hub.overrides.onChange((change) => this.#seeOverride(change)),
      hub.clusterOverrides.onChange((change) => this.#seeOverride(change)),
      hub.interpreters.onChange(({ key }) => this.#seeRules(key)),
      hub.policies.onChange((change) => this.#seePolicy(change)),
      hub.clusterPolicies.onChange((change) => this.#seePolicy(change)),
      hub.namespaces.onChange((change) => this.#seeNamespace(change)),
      hub.clusters.onChange((change) => this.#seeCluster(change)),
      members.onSession((session, isOpen) => this.#seeSession(session, isOpen)),
      fences?.onChange((cluster) => this.#enqueueCluster(cluster)) ?? (() => {}),
    ]
    void hub.synced().then(() => this.#enqueueAll(() => true))
  }

  async idle(): Promise<void> {
    await Promise.all([...this.#syncs.values()].map((sync) => sync.idle()))
    await Promise.all([this.#release.idle(), this.#breaker.idle()])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch()
    for (const id of this.#syncs.keys()) this.#closeSync(id)
    await Promise.all([...this.#closing, this.#release[Symbol.asyncDispose](), this.#breaker[Symbol.asyncDispose]()])
  }

  #seeSession(session: MemberSession, isOpen: boolean): void {
    this.#closeSync(session.id)
    if (!isOpen) return
    const { env, hub, members } = this.#deps
    const onRemoved = (id: ObjectId) => this.#release.removed(id)
    const onSettled = (id: ObjectId) => this.#release.claimed(id)
    const sync = new MemberSync({ env, hub, members, session, intents: this.#intents, onRemoved, onSettled })
    this.#syncs.set(session.id, sync)
    session.onState(() => this.#enqueueMember(sync, () => true))
    session.onKind((kind) => this.#enqueueMember(sync, (id) => kindIdIn(id) === kind))
    this.#enqueueMember(sync, () => true)
  }

  #closeSync(id: string): void {
    const sync = this.#syncs.get(id)
    if (!sync) return
    this.#syncs.delete(id)
    const closing = sync[Symbol.asyncDispose]().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #seeBinding(change: Change<Binding>): void {
    const { before, after } = change
    this.#breaker.see(change)
    const current = after ?? before
    if (current) this.#release.enqueue(current)
    if (before && after && isSameIntent(before, after)) return
    if (after) this.#openKinds(after)
    for (const binding of [before, after]) {
      for (const [cluster, ids] of targetsOf(binding)) {
        for (const id of ids) this.#mark(id, cluster, current)
        if (binding === after) for (const id of ids) this.#release.claimed(id)
      }
    }
  }

  /** A follower is only looked at: marking a shared one changed would make every other workload's status flap. */
  #mark(id: ObjectId, cluster: string, binding: Binding | undefined): void {
    const sync = this.#syncs.get(cluster)
    const isFollower = binding?.spec.followers?.some(({ ref }) => objectIdOf(ref) === id) === true
    if (isFollower && binding?.metadata.deletionTimestamp === undefined) sync?.enqueue(id)
    else sync?.markChanged(id)
  }

  #openKinds(binding: Binding): void {
    const refs = refsOf(binding)
    for (const ref of refs) this.#deps.hub.templates.open(ref)
    for (const { id } of binding.spec.decision?.clusters ?? []) {
      const session = this.#syncs.get(id)?.session
      for (const ref of session ? refs : []) session?.open(ref)
    }
  }

  #seeTemplate(id: ObjectId, { before, after }: Change<KubeObject>): void {
    if (before && after && isSameStatement(before, after)) return
    this.#markEverywhere(id)
  }

  #markEverywhere(id: ObjectId): void {
    for (const binding of this.#deps.hub.bindingsOf(id)) {
      for (const { id: cluster } of binding.spec.decision?.clusters ?? []) this.#syncs.get(cluster)?.markChanged(id)
    }
  }

  /** Templates of the kinds that the override selects, before and after the change. */
  #seeOverride({ before, after }: Change<AnyOverridePolicy>): void {
    if (before && after && deepEqual(before.spec, after.spec)) return
    this.#intents.renderingChanged()
    const selected = [before, after].flatMap((policy) => policy?.spec.resourceSelectors ?? [])
    const namespace = (after ?? before)?.metadata.namespace
    const kinds = new Map(selected.map((selector) => [`${selector.apiVersion} ${selector.kind}`, selector]))
    for (const selector of kinds.values()) {
      for (const { apiVersion, kind, metadata } of this.#deps.hub.templates.informer(selector)?.list() ?? []) {
        if (namespace !== undefined && metadata.namespace !== namespace) continue
        if (apiVersion === selector.apiVersion)
          this.#markEverywhere(objectIdIn(kindIdOf({ apiVersion, kind }), keyOf(metadata)))
      }
    }
  }

  /** Objects of the kind are rendered, or left alone, by other rules now. */
  #seeRules(kind: KindId): void {
    this.#intents.renderingChanged()
    for (const { metadata } of this.#deps.hub.templates.ofKind(kind))
      this.#enqueueEverywhere(objectIdIn(kind, keyOf(metadata)))
  }

  #enqueueEverywhere(id: ObjectId): void {
    for (const binding of this.#deps.hub.bindingsOf(id)) {
      for (const { id: cluster } of binding.spec.decision?.clusters ?? []) this.#syncs.get(cluster)?.enqueue(id)
    }
  }

  #seePolicy({ before, after }: Change<KubeObject>): void {
    if (before && after && deepEqual(before['spec'], after['spec'])) return
    this.#breaker.seePolicies()
    const { hub } = this.#deps
    const uid = (after ?? before)?.metadata.uid ?? ''
    const bindings = [...hub.bindings.byIndex('policy', uid), ...hub.clusterBindings.byIndex('policy', uid)]
    for (const binding of bindings) {
      for (const [cluster, ids] of targetsOf(binding)) for (const id of ids) this.#syncs.get(cluster)?.enqueue(id)
    }
  }

  /** Overrides may select namespaces by their labels. */
  #seeNamespace({ key, before, after }: Change<KubeObject>): void {
    if (deepEqual(before?.metadata.labels ?? {}, after?.metadata.labels ?? {})) return
    this.#intents.renderingChanged()
    this.#enqueueAll((id) => id.includes(`/${key}/`))
  }

  #seeCluster({ key, before, after }: Change<Cluster>): void {
    if (before && before.metadata.uid !== after?.metadata.uid) this.#release.clusterGone()
    const isSame = deepEqual(before?.spec, after?.spec) && deepEqual(before?.metadata.labels, after?.metadata.labels)
    if (!isSame || before === undefined) this.#enqueueCluster(key)
  }

  #enqueueCluster(name: string): void {
    const session = this.#deps.members.get(name)
    const sync = session && this.#syncs.get(session.id)
    if (sync) this.#enqueueMember(sync, () => true)
  }

  #enqueueAll(matches: (id: ObjectId) => boolean): void {
    for (const sync of this.#syncs.values()) this.#enqueueMember(sync, matches)
  }

  /** Everything that any binding has to do with on one member. */
  #enqueueMember(sync: MemberSync, matches: (id: ObjectId) => boolean): void {
    const { session } = sync
    for (const binding of this.#deps.hub.bindingsOn(session.id)) {
      for (const ref of refsOf(binding)) session.open(ref)
      for (const id of targetsOn(binding, session.id)) if (matches(id)) sync.enqueue(id)
    }
  }
}

function refsOf({ spec }: Binding) {
  return [...spec.workloads, ...(spec.followers ?? [])].map(({ ref }) => ref)
}

/** Status, removals that were cleared, and our own bookkeeping change nothing that a member shall hold. */
function isSameIntent(before: Binding, after: Binding): boolean {
  return (
    before.metadata.deletionTimestamp === after.metadata.deletionTimestamp &&
    (before.spec === after.spec || deepEqual(before.spec, after.spec))
  )
}
