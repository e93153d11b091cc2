// Status: keeps what bindings and templates say of all clusters in step with what was observed there.
import type { Cluster } from '@flotilla/api/cluster'
import { fieldManager } from '@flotilla/api/group'
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { DecidedCluster } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import { deepEqual } from '@flotilla/machinery/json'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import type { Result, RunningController } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { startController } from '@flotilla/runtime/start-controller'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import { isGrowing } from '@flotilla/scheduler/holding'
import { goesWhole, isGroup } from '../requirements.ts'
import { Coalescer } from '../coalesce.ts'
import type { Binding, Hub } from '../hub.ts'
import { onHub } from '../interpreter/kind-rules.ts'
import { RuleFailure } from '../interpreter/rule-failure.ts'
import type { MemberSession } from '../members/member-session.ts'
import type { Members } from '../members/members.ts'
import { RequestBudget } from '../members/request-budget.ts'
import { objectIdIn, objectIdOf, type KindId, type ObjectId } from '../object-id.ts'
import { bindingStatus, type ObservedCluster, type ObservedObject } from './binding-status.ts'
import { templateStatus, type Copy } from './template-status.ts'

export interface StatusDeps {
  readonly env: Env
  readonly hub: Hub
  readonly members: Members
}

/** One write for what happens within this time. */
const delayMs = 100
/** Between two writes of one status. */
const intervalMs = 500
/**
 * However much changes, so many statuses are written a second, after a burst of as many as a thousand workloads need.
 * What is to be written waits in line and gathers changes meanwhile.
 */
const pace = { bindings: { rate: 100, burst: 2_000 }, templates: { rate: 50, burst: 2_000 } }
/** For so long after a start, what was told before stands for members that have not been read yet. */
const earlyMs = 30_000
const earlyRetryMs = 2_000
/** What another process wrote is looked at later and seldom: two that see differently would undo each other's word. */
const contested = { delayMs: 5_000, intervalMs: 60_000 }

const bindingPrefix = 'binding '
const templatePrefix = 'template '

export interface RunningStatus extends AsyncDisposable {
  idle(): Promise<void>
}

export function startStatus(deps: StatusDeps): RunningStatus {
  return new StatusController(deps)
}

/** The last write of one status: what it says until it is answered, then the resource version. */
interface OwnWrite {
  readonly sent?: object
  readonly answered?: string | undefined
}

class StatusController implements RunningStatus {
  readonly #deps: StatusDeps
  readonly #controller: RunningController
  readonly #coalescer: Coalescer
  readonly #contested: Coalescer
  readonly #unwatch: readonly (() => void)[]
  readonly #sessionWatches = new Map<MemberSession, readonly (() => void)[]>()
  readonly #ownWrites = new Map<string, OwnWrite>()
  readonly #startedAt: number

  constructor(deps: StatusDeps) {
    this.#deps = deps
    const { env, hub, members } = deps
    this.#startedAt = env.clock.monotonic()
    this.#controller = startController(env, {
      name: 'status',
      concurrency: 32,
      watches: [],
      reconcile: (key) =>
        key.startsWith(bindingPrefix)
          ? this.#writeBinding(key.slice(bindingPrefix.length))
          : this.#writeTemplate(key.slice(templatePrefix.length)),
    })
    const run = (key: string) => this.#controller.enqueue(key)
    const bindings = new RequestBudget(env, pace.bindings)
    const templates = new RequestBudget(env, pace.templates)
    const paced = (key: string) => {
      if (key.startsWith(templatePrefix)) return templates.take()
      return this.#isAwaited(key) ? undefined : bindings.take()
    }
    this.#coalescer = new Coalescer({ env, delayMs, intervalMs, run, pace: paced })
    this.#contested = new Coalescer({ env, ...contested, run })
    this.#unwatch = [
      hub.bindings.onChange(({ before, after }) => this.#seeBinding(before, after)),
      hub.clusterBindings.onChange(({ before, after }) => this.#seeBinding(before, after)),
      hub.clusters.onChange(({ before, after }) => this.#seeCluster(before, after)),
      hub.templates.onChange((kind, { key, before, after }) => {
        const id = objectIdIn(kind, key)
        if (!after) this.#forget(`${templatePrefix}${id}`)
        if (before?.metadata.generation !== after?.metadata.generation) this.#addTemplate(id)
        else this.#seeStatus(`${templatePrefix}${id}`, before, after)
      }),
      hub.interpreters.onChange(({ key }) => this.#seeRules(key)),
      members.onSession((session, isOpen) => this.#seeSession(session, isOpen)),
    ]
  }

  idle(): Promise<void> {
    return this.#controller.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch()
    for (const watches of this.#sessionWatches.values()) for (const unwatch of watches) unwatch()
    this.#coalescer.stop()
    this.#contested.stop()
    await this.#controller.stop()
  }

  #seeBinding(before: Binding | undefined, after: Binding | undefined): void {
    const binding = after ?? before
    if (!binding) return
    const key = `${bindingPrefix}${keyOf(binding.metadata)}`
    if (!after) this.#forget(key)
    if (before && after && deepEqual(before.spec, after.spec)) return this.#seeStatus(key, before, after)
    this.#addBinding(binding)
    for (const { ref } of [...binding.spec.workloads, ...(binding.spec.followers ?? [])]) {
      this.#addTemplate(objectIdOf(ref))
    }
  }

  /** Our own writes come back as changes: those are nothing new. A process that has ended may have written what it saw. */
  #seeStatus(key: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (!before || !after || deepEqual(before['status'], after['status'])) return
    const own = this.#ownWrites.get(key)
    const isOwn = own?.sent ? deepEqual(own.sent, after['status']) : own?.answered === after.metadata.resourceVersion
    if (!isOwn) this.#contested.add(key)
  }

  #seeRules(kind: KindId): void {
    for (const { metadata } of this.#deps.hub.templates.ofKind(kind))
      this.#addTemplate(objectIdIn(kind, keyOf(metadata)))
  }

  #forget(key: string): void {
    this.#coalescer.forget(key)
    this.#contested.forget(key)
    this.#ownWrites.delete(key)
  }

  #seeCluster(before: Cluster | undefined, after: Cluster | undefined): void {
    if (before && after && reachability(before) === reachability(after)) return
    this.#addCluster((after ?? before)?.spec.id)
  }

  #seeSession(session: MemberSession, isOpen: boolean): void {
    for (const unwatch of this.#sessionWatches.get(session) ?? []) unwatch()
    this.#sessionWatches.delete(session)
    if (!isOpen) return
    this.#sessionWatches.set(session, [
      session.onRow(({ id }) => this.#seeRow(id)),
      session.outcomes.onChange((id) => this.#seeOutcome(id)),
      session.onState(() => this.#addCluster(session.id)),
    ])
    this.#addCluster(session.id)
  }

  #seeRow(id: ObjectId): void {
    this.#addTemplate(id)
    for (const binding of this.#deps.hub.bindingsOf(id)) if (dividesObject(binding, id)) this.#addBinding(binding)
  }

  #seeOutcome(id: ObjectId): void {
    for (const binding of this.#deps.hub.bindingsOf(id)) this.#addBinding(binding)
  }

  #addCluster(id: string | undefined): void {
    if (id === undefined) return
    for (const binding of this.#deps.hub.bindingsOn(id)) {
      this.#addBinding(binding)
      for (const { ref } of binding.spec.workloads) this.#addTemplate(objectIdOf(ref))
    }
  }

  #addBinding(binding: Binding): void {
    this.#coalescer.add(`${bindingPrefix}${keyOf(binding.metadata)}`)
  }

  #addTemplate(id: ObjectId): void {
    this.#coalescer.add(`${templatePrefix}${id}`)
  }

  /** The scheduler goes on with a move once it is told that what grows is ready. */
  #isAwaited(key: string): boolean {
    const clusters = this.#deps.hub.binding(key.slice(bindingPrefix.length))?.spec.decision?.clusters
    return clusters?.some(isGrowing) === true
  }

  async #writeBinding(key: string): Promise<Result | void> {
    const { env, hub } = this.#deps
    const binding = hub.binding(key)
    if (!binding || (isEnding(binding) && !binding.spec.removalHold)) return
    if (this.#isEarly(binding)) return { requeueAfterMs: earlyRetryMs }
    const namespaced = binding.metadata.namespace !== undefined
    const resource = namespaced ? resourceBindingResource : clusterResourceBindingResource
    const told = this.#withStatus(binding)
    const status = bindingStatus(told, this.#observe(binding), env.clock.now())
    await this.#write(`${bindingPrefix}${key}`, resource, binding, status)
  }

  /** Nothing told of it yet: what was told of the binding that it replaces still holds. */
  #withStatus(binding: Binding): Binding {
    const [workload] = binding.spec.workloads
    if (binding.status || !workload) return binding
    const others = this.#deps.hub.bindingsOf(objectIdOf(workload.ref))
    const status = others.find(
      ({ spec, status: told }) =>
        told && spec.workloads[0]?.ref.uid === workload.ref.uid && isGroup(spec) === isGroup(binding.spec),
    )?.status
    return status ? { ...binding, status } : binding
  }

  async #writeTemplate(id: ObjectId): Promise<Result | void> {
    const { env, hub } = this.#deps
    const template = hub.templates.byId(id)
    const resource = template && hub.templates.resource(template)
    if (!template || !resource || template.metadata.deletionTimestamp !== undefined) return
    if (hub.bindingsOf(id).some((binding) => this.#isEarly(binding))) return { requeueAfterMs: earlyRetryMs }
    const copies = this.#copiesOf(id)
    if (copies.length === 0) return
    if (!hub.interpreters.hasSynced) return
    await hub.interpreters.ready(template)
    const status = templateStatus(template, copies, env.clock.now(), hub.interpreters)
    if (status)
      await this.#write(`${templatePrefix}${id}`, resource, template, status).catch((error: unknown) =>
        this.#noteRefusal(error, template),
      )
  }

  /** A CRD may serve no status of its objects: then what is aggregated has no place, which is the rule's fault. */
  #noteRefusal(error: unknown, template: KubeObject): void {
    const { interpreters } = this.#deps.hub
    const interpreter = interpreters.rulesFor(template)?.interpreterOf('aggregation')
    if (interpreter === undefined || !isError(error, 'NotFound')) throw error
    const failure = new RuleFailure(interpreter, 'aggregation', `the hub serves no status of ${template.kind}`)
    interpreters.journal.noteFailure(failure, template, onHub)
  }

  async #write(key: string, resource: Resource, object: KubeObject, status: object): Promise<void> {
    const writer = createStatusWriter({ api: this.#deps.hub.api, resource, fieldManager })
    this.#ownWrites.set(key, { sent: status })
    const { metadata } = await writer.write(object, status).finally(() => this.#ownWrites.delete(key))
    this.#ownWrites.set(key, { answered: metadata.resourceVersion })
  }

  /**
   * We have just started: a member that was well when we ended has not had the time to answer, or to be read. What was
   * told before stands until it is, or its probes say that it is away; either is looked at when it happens.
   */
  #isEarly(binding: Binding): boolean {
    return (binding.spec.decision?.clusters ?? []).some((entry) => {
      const session = this.#sessionOf(entry)
      const cluster = session && this.#deps.hub.clusters.get(session.name)
      if (!session || !cluster || !isKnownReachable(cluster)) return false
      return session.state === 'Connecting' || (session.state === 'Ready' && this.#isUnread(binding, session))
    })
  }

  /** Delivery has not yet looked at what the binding places on a member, and was told of the same decision before. */
  #isUnread({ spec, status }: Binding, { outcomes }: MemberSession): boolean {
    if (status === undefined || status.decisionHash !== spec.decision?.forHash) return false
    if (this.#deps.env.clock.monotonic() - this.#startedAt > earlyMs) return false
    return spec.workloads.some(({ ref }) => outcomes.get(objectIdOf(ref)) === undefined)
  }

  #observe(binding: Binding): readonly ObservedCluster[] {
    const { spec } = binding
    const objects = [
      ...spec.workloads.map(({ ref }) => ({ id: objectIdOf(ref), role: 'workload' as const })),
      ...(spec.followers ?? []).map(({ ref }) => ({ id: objectIdOf(ref), role: 'follower' as const })),
    ]
    const decided = spec.decision?.clusters ?? []
    return [
      ...decided.map((entry) => ({ ...this.#observeCluster(entry, objects, false), goesWhole: goesWhole(spec) })),
      ...this.#observeLeaving(binding),
    ]
  }

  /** Clusters of which only removals are left. */
  #observeLeaving({ spec }: Binding): readonly ObservedCluster[] {
    const decided = new Set((spec.decision?.clusters ?? []).map(({ name }) => name))
    const leaving = new Map(
      (spec.removals ?? []).filter(({ cluster }) => !decided.has(cluster)).map(({ cluster, id }) => [cluster, id]),
    )
    return [...leaving].map(([name, id]) => this.#observeCluster({ name, id }, [], true))
  }

  #observeCluster(
    entry: Pick<DecidedCluster, 'name' | 'id' | 'replicas' | 'from'>,
    objects: readonly Pick<ObservedObject, 'id' | 'role'>[],
    isLeaving: boolean,
  ): ObservedCluster {
    const session = this.#sessionOf(entry)
    return {
      entry,
      isReachable: this.#isReachable(session),
      objects: objects.map((each) => ({
        ...each,
        outcome: session?.outcomes.get(each.id),
        row: session?.row(each.id),
      })),
      isLeaving,
    }
  }

  #copiesOf(id: ObjectId): readonly Copy[] {
    const copies = new Map<string, Copy>()
    for (const binding of this.#deps.hub.bindingsOf(id)) {
      if (!namesObject(binding, id)) continue
      for (const entry of binding.spec.decision?.clusters ?? []) {
        if (copies.has(entry.id)) continue
        const session = this.#sessionOf(entry)
        copies.set(entry.id, { cluster: entry.name, isReachable: this.#isReachable(session), row: session?.row(id) })
      }
    }
    return [...copies.values()]
  }

  /** A cluster of the same name and another identity is not the one that was decided on. */
  #sessionOf({ name, id }: Pick<DecidedCluster, 'name' | 'id'>): MemberSession | undefined {
    const session = this.#deps.members.get(name)
    return session?.id === id ? session : undefined
  }

  #isReachable(session: MemberSession | undefined): boolean {
    const cluster = session && this.#deps.hub.clusters.get(session.name)
    return session?.state === 'Ready' && cluster !== undefined && reachability(cluster)
  }
}

function reachability({ status }: Cluster): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Reachable')
  return condition === undefined || condition.status === 'True'
}

function isEnding({ metadata }: Binding): boolean {
  return metadata.deletionTimestamp !== undefined
}

function isKnownReachable({ status }: Cluster): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Reachable' && is === 'True') === true
}

function dividesObject({ spec }: Binding, id: ObjectId): boolean {
  return spec.workloads.some(({ ref }) => objectIdOf(ref) === id)
}

function namesObject({ spec }: Binding, id: ObjectId): boolean {
  return [...spec.workloads, ...(spec.followers ?? [])].some(({ ref }) => objectIdOf(ref) === id)
}
