// Evidence of removals: kept in the binding until every member has confirmed, then cleared; the binding's finalizer
// goes with the last of it.
import { bindingFinalizer, fieldManager } from '@flotilla/api/group'
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { Removal } from '@flotilla/api/removal'
import { isError } from '@flotilla/machinery/errors'
import type { Patch } from '@flotilla/machinery/kube-api'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { discover, type Discovery } from '@flotilla/machinery/discovery'
import { parseApiVersion, type Resource } from '@flotilla/machinery/resource'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import type { Result, RunningController } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { Waiting } from '@flotilla/runtime/errors'
import { startController } from '@flotilla/runtime/start-controller'
import { timestamp } from '@flotilla/runtime/timestamp'
import { fateOf, type BindingFate } from '../binding-fate.ts'
import { bindingsFor, bindingsOfGroup, isReplaceable } from '../binding-replacement.ts'
import { groupAnnotation, isThere } from '../group.ts'
import type { Binding, Hub } from '../hub.ts'
import type { Members } from '../members/members.ts'
import { objectIdOf, type ObjectId } from '../object-id.ts'
import { isAbsence } from '../absence.ts'
import { isRegisteredAs, registered } from '../registration.ts'
import { isGroup } from '../requirements.ts'
import { wentWithItsKind } from '../went-with-its-kind.ts'
import { isSameTarget, removalsOf, targetOf, type Claim, type RemovalTarget } from './claims.ts'
import type { Intents } from './intents.ts'
import { isSuccessor } from './succession.ts'

export interface ReleaseDeps {
  readonly env: Env
  readonly hub: Hub
  readonly members: Members
  readonly intents: Intents
  /** Has the object looked at again on the cluster of that id. */
  readonly redeliver: (id: ObjectId, clusterId: string) => void
}

type WorkloadRef = Binding['spec']['workloads'][number]['ref']

/** How soon a group of the hub that could not be read is asked again. */
const undiscoveredRetryMs = 5_000
/** How soon an informer that lags behind a live read is looked at again. */
const informerLagMs = 1_000
/** How soon a binding that was deleted by hand is looked at again: whether another has taken over what it said. */
const replacementMs = 500

export class Release implements AsyncDisposable {
  readonly #deps: ReleaseDeps
  readonly #controller: RunningController
  /** By object: keys of bindings that wait for it to be removed or claimed. */
  readonly #awaited = new Map<ObjectId, Set<string>>()
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
          return this.#reconcile(binding)
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

  /** Some binding claims the object, or a member has taken or refused it: that may cancel removals of it. */
  claimed(id: ObjectId): void {
    const keys = this.#awaited.get(id) ?? []
    this.#awaited.delete(id)
    for (const key of keys) this.#controller.enqueue(key)
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

  async #reconcile(binding: Binding): Promise<Result | void> {
    if (binding.metadata.deletionTimestamp !== undefined) return this.#end(binding)
    const removals = binding.spec.removals ?? []
    const left = removals.filter((removal) => !this.#isSettledFor(binding, targetOf(removal)))
    if (left.length < removals.length) await this.#patch(binding, { spec: { removals: left } })
  }

  async #end(binding: Binding): Promise<Result | void> {
    const { uid = '', finalizers = [] } = binding.metadata
    if (!finalizers.includes(bindingFinalizer)) return
    const targets = removalsOf(binding)
    if (this.#isReplaced(binding)) return this.#dropFinalizer(binding)
    if (!this.#judged.has(uid)) {
      const judged = await this.#judge(binding)
      const isSucceeded = judged === 'replace' && this.#isSucceeded(binding)
      if (isSucceeded && binding.spec.decision !== undefined) return this.#keepUnclaimed(binding, targets)
      const fate = isSucceeded ? 'remove' : judged
      this.#deps.intents.setFate(binding, fate, this.#deps.env.clock.monotonic())
      // Judged again until it is replaced: the template may go before that.
      if (fate === 'replace' && isReplaceable(binding)) return { requeueAfterMs: replacementMs }
      if (fate === 'replace' || fate === 'release') return this.#dropFinalizer(binding)
      this.#judged.add(uid)
      for (const { objectId, on } of targets) this.#deps.redeliver(objectId, on.id)
    }
    const left = targets.filter((target) => !this.#isSettledFor(binding, target))
    if (left.length === 0) return this.#dropFinalizer(binding)
    const now = this.#deps.env.clock.monotonic()
    const objects = new Set(left.map(({ objectId }) => objectId))
    const waitMs = Math.max(...[...objects].map((id) => this.#deps.intents.successionWaitMs(id, now)))
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    if (this.#deps.intents.fate(binding) !== 'orphan') await this.#handOver(left)
  }

  /**
   * Copies of a template that was created anew, on members that have not taken the new one in time: the binding that
   * claims them keeps the evidence, so that they go with it if they are never adopted. Its change wakes this one.
   */
  async #handOver(targets: readonly RemovalTarget[]): Promise<void> {
    const since = timestamp(this.#deps.env.clock.now())
    const heirs = new Map<Binding, Removal[]>()
    for (const target of targets) {
      const [claim] = this.#deps.intents.claimsOn(target.objectId, target.on.id)
      // What was adopted is as good as gone. To hand it over would have it confirmed anew, and so without end.
      if (!claim || this.#isAdopted(target)) continue
      const removals = heirs.get(claim.binding) ?? []
      heirs.set(claim.binding, removals)
      removals.push(inherited(claim, target, since))
    }
    for (const [heir, removals] of heirs) {
      await this.#patch(heir, { spec: { removals: [...(heir.spec.removals ?? []), ...removals] } })
    }
  }

  /** The member was last seen to have the copy of another template there. */
  #isAdopted({ on, objectId, templateUid }: RemovalTarget): boolean {
    const row = this.#deps.members.withId(on.id)?.row(objectId)
    return row?.template !== undefined && row.template !== templateUid
  }

  /** Another binding of its template has all that it said, what was observed included. */
  #isReplaced(binding: Binding): boolean {
    const { spec, status } = binding
    if (!isReplaceable(binding)) return false
    if (isGroup(spec)) {
      const { live } = bindingsOfGroup(binding.metadata.annotations?.[groupAnnotation] ?? '', this.#othersOf(binding))
      return live !== undefined && (status === undefined || live.status !== undefined)
    }
    return spec.workloads.some(({ ref }) => {
      const { live } = bindingsFor(ref, this.#deps.hub.bindingsOf(objectIdOf(ref)))
      return live !== undefined && (status === undefined || live.status !== undefined)
    })
  }

  /** Bindings that name one of its workloads. */
  #othersOf({ spec }: Binding): readonly Binding[] {
    return spec.workloads.flatMap(({ ref }) => this.#deps.hub.bindingsOf(objectIdOf(ref)))
  }

  /**
   * Its workloads that live are all in bindings of another unit that have all that they want: a group, or one of each.
   * Nothing that those claim goes.
   */
  #isSucceeded({ metadata, spec }: Binding): boolean {
    const { hub } = this.#deps
    return spec.workloads.every(({ ref }) => {
      if (hub.templates.get(ref)?.metadata.uid !== ref.uid) return true
      const heirs = hub.bindingsOf(objectIdOf(ref)).filter((other) => other.metadata.uid !== metadata.uid)
      return heirs.some((heir) => isThere(heir) && heir.spec.workloads.some((one) => one.ref.uid === ref.uid))
    })
  }

  /** From now on its evidence is of nothing but what nobody claims now: who claims the rest answers for it. */
  #keepUnclaimed(binding: Binding, targets: readonly RemovalTarget[]): Promise<void> {
    const since = timestamp(this.#deps.env.clock.now())
    const unclaimed = targets.filter(({ objectId, on }) => this.#deps.intents.claimsOn(objectId, on.id).length === 0)
    const removals = unclaimed.map((target) => removalOf(binding, target, since))
    return this.#patch(binding, { spec: { decision: null, removals } })
  }

  async #judge(binding: Binding): Promise<BindingFate> {
    const { hub, intents } = this.#deps
    const discovery = await discover(hub.api)
    const refs = binding.spec.workloads.map(({ ref }) => ref)
    const kinds = refs.map((ref) => kindOnHub(discovery, ref))
    // A kind that the hub no longer serves does not tell what became of its objects: their copies stay.
    if (kinds.includes(undefined)) return 'release'
    const lost = await Promise.all(kinds.map((kind) => wentWithItsKind(hub.api, binding, kind as Resource)))
    if (lost.includes(true)) return 'release'
    const templates = await Promise.all(refs.map((ref, index) => this.#readTemplate(kinds[index] as Resource, ref)))
    // What is in a namespace that is being deleted goes with it, whichever of them goes first.
    const staying = (await this.#isNamespaceGoing(binding)) ? [] : templates
    return fateOf(binding, staying, intents.policyOf(binding)?.preserveResourcesOnDeletion === true)
  }

  async #isNamespaceGoing({ metadata }: Binding): Promise<boolean> {
    if (metadata.namespace === undefined) return false
    const namespace = await this.#deps.hub.api.get(namespaces, { name: metadata.namespace }).catch(noneIfAbsent)
    return namespace?.metadata.deletionTimestamp !== undefined
  }

  async #readTemplate(resource: Resource, ref: WorkloadRef): Promise<KubeObject | undefined> {
    const { hub } = this.#deps
    const template = await hub.api.get(resource, ref).catch(noneIfAbsent)
    // Removals wait for a successor as long as the informer shows one: it must have come that far.
    if (isSuccessor(ref.uid, template) && hub.templates.get(ref)?.metadata.uid !== template.metadata.uid) {
      throw new Waiting(`${ref.kind} ${keyOf(ref)} has just been created anew`, informerLagMs)
    }
    return template
  }

  #isSettledFor(binding: Binding, target: RemovalTarget): boolean {
    if (this.#isSettled(binding, target)) return true
    const awaiting = this.#awaited.get(target.objectId) ?? new Set()
    this.#awaited.set(target.objectId, awaiting.add(keyOf(binding.metadata)))
    return false
  }

  /**
   * Confirmed by the member, cancelled by a live claim, or moot because the cluster has been taken off the hub since,
   * even if it was registered again. Undelivered changes count as unsettled: their outcome was dropped when they were
   * noticed.
   */
  #isSettled(binding: Binding, target: RemovalTarget): boolean {
    const { on, objectId } = target
    const { hub, intents } = this.#deps
    const isRegistered = hub.clusters.byIndex('id', on.id).some((cluster) => isRegisteredAs(cluster, on))
    if (!isRegistered) return true
    const claims = intents.claimsOn(objectId, on.id)
    if (claims.length > 0) return this.#isCancelled(binding, target, claims)
    return this.#deps.members.withId(on.id)?.outcomes.get(objectId)?.state === 'Removed'
  }

  /** By a claim: for the same template, for one that has adopted the copy, or by who keeps the evidence from now on. */
  #isCancelled(binding: Binding, target: RemovalTarget, claims: readonly Claim[]): boolean {
    const { on, objectId, templateUid } = target
    // What orphaned copies share with others stays with them: this waits, to have it orphaned when the last claim ends.
    if (this.#deps.intents.fate(binding) === 'orphan') return claims.some((claim) => isTakenUp(binding, claim))
    if (claims.some((claim) => claim.templateUid === templateUid)) return true
    const session = this.#deps.members.withId(on.id)
    const isApplied = session?.outcomes.get(objectId)?.state === 'Applied'
    if (isApplied && session?.row(objectId)?.template !== templateUid) return true
    return claims.some(
      (claim) => claim.binding.metadata.uid !== binding.metadata.uid && isKeptBy(claim.binding, target),
    )
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

/** How the hub serves the kind; undefined: not at all. Throws Waiting when it does not tell. */
function kindOnHub(discovery: Discovery, { apiVersion, kind }: WorkloadRef): Resource | undefined {
  const { group } = parseApiVersion(apiVersion)
  const resource = discovery.find(apiVersion, kind) ?? discovery.preferred(group, kind)
  if (resource) return resource
  if (discovery.incompleteGroups.some((each) => parseApiVersion(each).group === group)) {
    throw new Waiting(`The hub does not tell whether it serves kind ${kind} of ${apiVersion}`, undiscoveredRetryMs)
  }
  return undefined
}

/** Placed in its own right, or along with a workload that was created anew under its name. */
function isTakenUp({ spec }: Binding, { role, binding }: Claim): boolean {
  const before = new Set(spec.workloads.map(({ ref }) => objectIdOf(ref)))
  return role === 'workload' || binding.spec.workloads.some(({ ref }) => before.has(objectIdOf(ref)))
}

function isKeptBy({ spec }: Binding, target: RemovalTarget): boolean {
  return (spec.removals ?? []).map(targetOf).some((kept) => isSameTarget(kept, target))
}

/** Claimants name the object as the one before them did, but for its UID. */
function inherited({ binding, entry }: Claim, { on, objectId, templateUid }: RemovalTarget, since: string): Removal {
  const refs = [...binding.spec.workloads, ...(binding.spec.followers ?? [])].map(({ ref }) => ref)
  const { uid: _, ...object } = refs.find((ref) => objectIdOf(ref) === objectId) as WorkloadRef
  const cluster = { cluster: entry.name, id: on.id, ...registered(on.clusterUID) }
  return { ...cluster, object, templateUID: templateUid, reason: 'CreatedAnew', since }
}

function removalOf({ spec }: Binding, target: RemovalTarget, since: string): Removal {
  const { on, objectId, templateUid, isOrphaned } = target
  const known = (spec.removals ?? []).find((removal) => isSameTarget(targetOf(removal), target))
  if (known) return known
  const refs = [...spec.workloads, ...(spec.followers ?? [])].map(({ ref }) => ref)
  const { uid: _, ...object } = refs.find((ref) => objectIdOf(ref) === objectId) as WorkloadRef
  const cluster = spec.decision?.clusters.find(({ id }) => id === on.id)?.name ?? ''
  return {
    cluster,
    id: on.id,
    ...registered(on.clusterUID),
    object,
    templateUID: templateUid,
    reason: 'Regrouped',
    since,
    ...(isOrphaned ? { orphan: true } : {}),
  }
}

function noneIfAbsent(error: unknown): undefined {
  if (!isAbsence(error)) throw error
}
