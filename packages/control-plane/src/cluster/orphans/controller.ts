// Reports, in each Cluster's status, the objects that carry our label and that nothing on the hub claims. Never removes
// one: only what is seen counts, and only where hub and member have been read whole.
import { clusterResource, type Cluster, type Orphans } from '@flotilla/api/cluster'
import { fieldManager } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import type { Result, RunningController } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { startController } from '@flotilla/runtime/start-controller'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import { targetsOf } from '../../binding-targets.ts'
import { Coalescer } from '../../coalesce.ts'
import type { Binding, Hub } from '../../hub.ts'
import type { MemberSession, RowChange } from '../../members/member-session.ts'
import type { Members } from '../../members/members.ts'
import { keyInKind, kindIdIn, kindIdOf, objectIdOf, type KindId, type ObjectId } from '../../object-id.ts'
import { isClaimed } from './claimed.ts'
import { Unclaimed } from './unclaimed.ts'

export interface OrphansDeps {
  readonly env: Env
  readonly hub: Hub
  readonly members: Members
}

export interface RunningOrphans extends AsyncDisposable {
  /** Resolves when no report is queued or being written (delayed ones do not count). */
  idle(): Promise<void>
}

interface Watched {
  readonly session: MemberSession
  readonly unclaimed: Unclaimed
  readonly unwatch: readonly (() => void)[]
}

/** One report for what happens within this time, and between two reports of one member. */
const [delayMs, intervalMs] = [1_000, 10_000]
/** How soon a hub that cannot be read just now is looked at again. */
const unreadRetryMs = 10_000

const looksPerYield = 500

const metric = {
  name: 'flotilla_cluster_orphaned_objects',
  help: 'Objects on the member that carry our label and that nothing on the hub claims.',
  labels: ['cluster'],
}

const namespaceKind = { apiVersion: 'v1', kind: namespaces.kind }

export function startOrphans(deps: OrphansDeps): RunningOrphans {
  return new OrphanReports(deps)
}

class OrphanReports implements RunningOrphans {
  readonly #deps: OrphansDeps
  /** By cluster id. */
  readonly #watched = new Map<string, Watched>()
  readonly #controller: RunningController
  readonly #coalescer: Coalescer
  readonly #unwatch: readonly (() => void)[]
  #isHubRead = false

  constructor(deps: OrphansDeps) {
    this.#deps = deps
    const { env, hub, members } = deps
    this.#controller = startController(env, {
      name: 'cluster-orphans',
      concurrency: 16,
      watches: [],
      reconcile: (cluster) => this.#report(cluster),
    })
    this.#coalescer = new Coalescer({ env, delayMs, intervalMs, run: (key) => this.#controller.enqueue(key) })
    this.#unwatch = [
      hub.bindings.onChange((change) => this.#seeBinding(change)),
      hub.clusterBindings.onChange((change) => this.#seeBinding(change)),
      hub.namespaces.onChange((change) => this.#seeNamespace(change)),
      members.onSession((session, isOpen) => this.#seeSession(session, isOpen)),
    ]
    void hub.synced().then(() => {
      this.#isHubRead = true
      for (const watched of this.#watched.values()) void this.#lookAtAll(watched)
    })
  }

  idle(): Promise<void> {
    return this.#controller.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch()
    for (const id of this.#watched.keys()) this.#leave(id)
    this.#coalescer.stop()
    await this.#controller.stop()
  }

  #seeSession(session: MemberSession, isOpen: boolean): void {
    this.#leave(session.id)
    if (!isOpen) return
    const reported = this.#clusterOf(session)?.status?.orphans
    const watched: Watched = {
      session,
      unclaimed: new Unclaimed(reported),
      unwatch: [
        session.onRow((change) => this.#seeRow(watched, change)),
        session.onKind(() => this.#coalescer.add(session.name)),
        session.onState(() => this.#coalescer.add(session.name)),
      ],
    }
    this.#watched.set(session.id, watched)
    // What was reported is looked for again, though nothing of its kind may be placed there any more.
    for (const kind of kindsOf(reported)) session.open(kind)
    void this.#lookAtAll(watched)
  }

  #leave(id: string): void {
    for (const unwatch of this.#watched.get(id)?.unwatch ?? []) unwatch()
    this.#watched.delete(id)
  }

  /** A row that changes says nothing of who claims it. */
  #seeRow(watched: Watched, { id, before, after }: RowChange): void {
    const isSame = before?.isDeleting === after?.isDeleting && before?.isDerived === after?.isDerived
    if (after && before && isSame) return
    this.#look(watched, id)
  }

  #seeBinding({ before, after }: Change<Binding>): void {
    if (before && after && isSameSpec(before, after)) return
    const left = targetsOf(before)
    if (left.size === 0 && !this.#mayClaim(after)) return
    const claims = targetsOf(after)
    for (const [cluster, ids] of claims) {
      const watched = this.#watched.get(cluster)
      if (watched && watched.unclaimed.size > 0) for (const id of ids) this.#look(watched, id)
    }
    for (const [cluster, ids] of left) {
      const watched = this.#watched.get(cluster)
      if (!watched) continue
      for (const id of ids) if (!claims.get(cluster)?.has(id)) this.#look(watched, id)
      // The namespaces that we created go with nothing: they are looked at once they may be left behind.
      if (before && !after && this.#isNamespaceGoing(before)) watched.session.open(namespaceKind)
    }
  }

  #mayClaim(binding: Binding | undefined): boolean {
    const clusters = binding?.spec.decision?.clusters ?? []
    return clusters.some(({ id }) => (this.#watched.get(id)?.unclaimed.size ?? 0) > 0)
  }

  #seeNamespace({ key, before, after }: Change<KubeObject>): void {
    if (before && after) return
    for (const watched of this.#watched.values()) this.#look(watched, objectIdOf({ ...namespaceKind, name: key }))
  }

  /** Rows that come or go meanwhile are looked at when they do. */
  async #lookAtAll(watched: Watched): Promise<void> {
    let looks = 0
    for (const id of watched.session.rowIds()) {
      if (++looks % looksPerYield === 0) await this.#deps.env.timers.yield()
      if (this.#watched.get(watched.session.id) !== watched) return
      this.#look(watched, id)
    }
  }

  #look({ session, unclaimed }: Watched, id: ObjectId): void {
    // Until then, what claims it may only not have been read.
    if (!this.#isHubRead) return
    const row = session.row(id)
    const isOrphan = row !== undefined && !row.isDeleting && !row.isDerived && !this.#isClaimed(session, id)
    const isNews = isOrphan ? unclaimed.add(id, this.#deps.env.clock.now()) : unclaimed.delete(id)
    if (isNews) this.#coalescer.add(session.name)
  }

  #isClaimed(session: MemberSession, id: ObjectId): boolean {
    const { hub } = this.#deps
    // A namespace of the hub may be used again at any time.
    const isNamespace = kindIdIn(id) === kindIdOf(namespaceKind)
    if (isNamespace && hub.namespaces.get(keyInKind(id)) !== undefined) return true
    return isClaimed(hub.bindingsOf(id), id, session.id)
  }

  #isNamespaceGoing({ metadata: { namespace } }: Binding): boolean {
    if (namespace === undefined) return false
    const found = this.#deps.hub.namespaces.get(namespace)
    return found === undefined || found.metadata.deletionTimestamp !== undefined
  }

  #clusterOf({ name, id }: MemberSession): Cluster | undefined {
    const cluster = this.#deps.hub.clusters.get(name)
    return cluster?.spec.id === id ? cluster : undefined
  }

  async #report(name: string): Promise<Result | void> {
    const { env, hub, members } = this.#deps
    const session = members.get(name)
    const watched = session && this.#watched.get(session.id)
    const cluster = session && this.#clusterOf(session)
    if (!watched || !cluster || cluster.metadata.deletionTimestamp !== undefined || session.state !== 'Ready') return
    const isComplete = [hub.bindings, hub.clusterBindings].every(({ state }) => state === 'Complete')
    if (!this.#isHubRead || !isComplete) return { requeueAfterMs: unreadRetryMs }
    const { orphans: reported, ...status } = cluster.status ?? {}
    // What was reported stands until its kinds have been read again.
    if (kindsOf(reported).some((kind) => session.kindState(kindIdOf(kind)) === 'Unread')) return
    const isRead = (kind: KindId) => session.kindState(kind) === 'Complete'
    const { orphans, nextInMs } = watched.unclaimed.report(env.clock.now(), isRead)
    env.metrics.gauge(metric).set(orphans?.count ?? 0, { cluster: name })
    const writer = createStatusWriter({ api: hub.api, resource: clusterResource, fieldManager })
    await writer.write(cluster, { ...status, ...(orphans ? { orphans } : {}) })
    return nextInMs === undefined ? undefined : { requeueAfterMs: nextInMs }
  }
}

function isSameSpec({ metadata: before }: Binding, { metadata: after }: Binding): boolean {
  return (
    before.generation !== undefined &&
    before.generation === after.generation &&
    before.deletionTimestamp === after.deletionTimestamp
  )
}

/** In the version that the member prefers, since a report does not say. */
function kindsOf(orphans: Orphans | undefined): readonly { readonly apiVersion: string; readonly kind: string }[] {
  return (orphans?.oldest ?? []).map(({ group, kind }) => ({ apiVersion: group === '' ? 'v1' : `${group}/v1`, kind }))
}
