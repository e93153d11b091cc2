// One member as controllers see it: a way to ask it, its rows, what it serves, and whether it answers.
import { hubLabel } from '@flotilla/api/group'
import type { Cluster } from '@flotilla/api/cluster'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { createInformer } from '@flotilla/runtime/create-informer'
import { backoffDelay } from '@flotilla/runtime/backoff'
import type { Env } from '@flotilla/runtime/env'
import type { Informer } from '@flotilla/runtime/informer'
import type { MemberConnection } from '../connect.ts'
import { keyInKind, kindIdIn, kindIdOf, objectIdIn, type KindId, type ObjectId, type ObjectRef } from '../object-id.ts'
import { loadCel } from '@flotilla/machinery/cel/program'
import type { Interpreters } from '../interpreter/interpreters.ts'
import type { Subject } from '../interpreter/journal.ts'
import { contactThrough, type ContactListener, type WriteCheck } from './contact.ts'
import { MemberIdentity } from './member-identity.ts'
import { MemberKinds } from './member-kinds.ts'
import { Outcomes } from './outcomes.ts'
import { RequestBudget } from './request-budget.ts'
import { projectRow, type Row } from './row.ts'
import type { SchemaLibrary } from './schema-library.ts'

/** Connecting: it has not answered yet. Away: it stopped answering; what is known of it ages. */
export type MemberState = 'Connecting' | 'Ready' | 'Away'

export interface RowChange {
  readonly id: ObjectId
  readonly before?: Row | undefined
  readonly after?: Row | undefined
}

export interface SessionOptions {
  readonly env: Env
  readonly hubId: string
  readonly cluster: Cluster
  readonly connection: MemberConnection
  readonly library: SchemaLibrary
  /** How rows are made of kinds that the hub does not know. */
  readonly interpreters: Interpreters
  /** Requests per second; default 1,000. */
  readonly requestRate?: number | undefined
}

type KindRef = Pick<ObjectRef, 'apiVersion' | 'kind'>

/** Restoring drift may take so much of the budget, requests per second. */
const restoreRate = 50
/** Within so long members are read anew when the rules of a kind are others. */
const rereadSpreadMs = 1_000
/** Requests in a row without any answer that make a member count as away. */
const silencesToAway = 3
const probeBackoff = { baseMs: 250, maxMs: 5_000 }
const openBackoff = { baseMs: 250, maxMs: 30_000 }

export class MemberSession {
  readonly name: string
  /** Identity of the member: `spec.id`. */
  readonly id: string
  /** Within the member's budget; every answer is a sign of life. */
  readonly api: KubeApi
  readonly kinds: MemberKinds
  readonly identity: MemberIdentity
  readonly outcomes = new Outcomes()
  readonly budget: RequestBudget
  readonly restores: RequestBudget
  readonly #options: SessionOptions
  readonly #listener: ContactListener = {
    answered: () => this.#noteAnswer(),
    silent: (error) => this.#noteSilence(error),
  }
  readonly #abort = new AbortController()
  readonly #informers = new Map<KindId, Informer<Row>>()
  readonly #unserved = new Set<KindId>()
  readonly #opening = new Map<KindId, Promise<void>>()
  /** Kinds that are read anew, by other rules. */
  readonly #rereading = new Map<KindId, Informer<Row>>()
  readonly #resources = new Map<KindId, Resource>()
  readonly #unwatch: () => void
  /** What writes answered, until the informer has seen as much. */
  readonly #written = new Map<ObjectId, Row>()
  readonly #rowListeners = new Set<(change: RowChange) => void>()
  readonly #stateListeners = new Set<() => void>()
  readonly #kindListeners = new Set<(kind: KindId) => void>()
  #state: MemberState = 'Connecting'
  #lastContact: number | undefined
  #silences = 0
  #probing: Promise<void> | undefined

  constructor(options: SessionOptions) {
    const { env, cluster, connection, library, interpreters, requestRate = 1_000 } = options
    this.#options = options
    this.name = cluster.metadata.name
    this.id = cluster.spec.id
    this.budget = new RequestBudget(env, { rate: requestRate })
    this.restores = new RequestBudget(env, { rate: restoreRate })
    this.api = contactThrough(env, connection.api, this.budget, this.#listener)
    this.kinds = new MemberKinds(this.api, library, this.#abort.signal)
    this.#unwatch = interpreters.onChange(({ key }) => void this.#reread(key))
    this.identity = new MemberIdentity(this.api, this.id, this.#abort.signal)
    this.#probing = this.#probe()
  }

  get state(): MemberState {
    return this.#state
  }

  /** ms since 1970 of the last answer. */
  get lastContact(): number | undefined {
    return this.#lastContact
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** `api`, whose writes are not sent when `check` throws: asked after any wait for the budget. */
  checkedApi(check: WriteCheck): KubeApi {
    const { env, connection } = this.#options
    return contactThrough(env, connection.api, this.budget, this.#listener, check)
  }

  /** Watches our objects of the kind from now on. */
  open(kind: KindRef): void {
    const id = kindIdOf(kind)
    // A kind that is not served is asked for again by `refreshKinds` alone: two such kinds, each opened when the other
    // is told of, would call each other without end.
    if (this.#informers.has(id) || this.#opening.has(id) || this.#unserved.has(id)) return
    this.#opening.set(
      id,
      this.#openInformer(id, kind).finally(() => this.#opening.delete(id)),
    )
  }

  /** The member serves the kind, whatever was found before: watches it from now on. */
  openServed(kind: KindRef): void {
    this.#unserved.delete(kindIdOf(kind))
    this.open(kind)
  }

  /** Complete: all of our objects of the kind are known. Unserved: the member does not have the kind. */
  kindState(id: KindId): 'Complete' | 'Unserved' | 'Unread' {
    if (this.#unserved.has(id)) return 'Unserved'
    return this.#informers.get(id)?.hasSynced ? 'Complete' : 'Unread'
  }

  /** Our object, as it was last seen or as our own last write was answered. */
  row(id: ObjectId): Row | undefined {
    const seen = this.#informers.get(kindIdIn(id))?.get(keyInKind(id))
    const written = this.#written.get(id)
    if (!written) return seen
    if (seen && seen.uid === written.uid && isOlder(seen, written)) return written
    if (seen) this.#written.delete(id)
    return seen
  }

  /** Ids of all of our objects that are seen. */
  *rowIds(): Iterable<ObjectId> {
    for (const [kind, informer] of this.#informers) for (const row of informer.list()) yield objectIdIn(kind, row.key)
  }

  /** Notes what a write of ours was answered. */
  noteWritten(id: ObjectId, object: KubeObject): Row {
    const row = this.project(object)
    this.#written.set(id, row)
    return row
  }

  /** The row of an object of this member, by the rules of its kind. */
  project(object: KubeObject): Row {
    const { env, interpreters } = this.#options
    return projectRow(object, env.clock.now(), interpreters, this.name)
  }

  onRow(listener: (change: RowChange) => void): () => void {
    this.#rowListeners.add(listener)
    return () => this.#rowListeners.delete(listener)
  }

  onState(listener: () => void): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  /** Calls `listener` when a kind has been read whole, or found not to be served. */
  onKind(listener: (kind: KindId) => void): () => void {
    this.#kindListeners.add(listener)
    return () => this.#kindListeners.delete(listener)
  }

  /** The member's kinds may have changed: those that it did not serve are asked for anew. */
  refreshKinds(): void {
    this.kinds.forget()
    this.#unserved.clear()
  }

  async close(): Promise<void> {
    this.#abort.abort()
    this.#unwatch()
    await this.#probing
    await Promise.all(this.#opening.values())
    const informers = [...this.#informers.values(), ...this.#rereading.values()]
    await Promise.all(informers.map((informer) => informer.stop()))
    this.#forgetFailures(() => true)
    await this.#options.connection.close()
  }

  async #openInformer(id: KindId, kind: KindRef): Promise<void> {
    const { env } = this.#options
    for (let failures = 0; !this.signal.aborted; failures++) {
      try {
        const { found, ...lookup } = await this.kinds.find(kind.apiVersion, kind.kind)
        if (found) return await this.#watch(id, found.resource, kind)
        if ('isUnknown' in lookup && !lookup.isUnknown) return this.#noteUnserved(id)
      } catch (error) {
        env.log.debug({ cluster: this.name, kind: id, err: error }, 'Cannot ask a member for a kind')
      }
      await env.timers.sleep(
        backoffDelay(failures, openBackoff, () => env.random()),
        this.signal,
      )
    }
  }

  #noteUnserved(id: KindId): void {
    this.#unserved.add(id)
    this.#tellKind(id)
  }

  /** Rows are made at once when objects are seen: by then the rules are known, and can be evaluated. */
  async #watch(id: KindId, resource: Resource, kind: KindRef): Promise<void> {
    const { interpreters } = this.#options
    if (!interpreters.hasSynced) await interpreters.synced()
    await interpreters.ready(kind)
    if (this.signal.aborted) return
    const informer = this.#informerOf(resource)
    this.#resources.set(id, resource)
    this.#informers.set(id, informer)
    informer.onChange(({ key, before, after }) => this.#tellRow(id, key, before, after))
    void informer.synced().then(() => this.#tellKind(id))
    informer.start()
  }

  #informerOf(resource: Resource): Informer<Row> {
    const { env, hubId } = this.#options
    return createInformer<Row>({
      env,
      api: this.api,
      resource,
      labelSelector: `${hubLabel}=${hubId}`,
      project: (object) => this.project(object),
    })
  }

  /** Rows hold no objects, so other rules need a new reading. What is known stays until that is complete. */
  async #reread(id: KindId): Promise<void> {
    const resource = this.#resources.get(id)
    if (resource === undefined) return
    const { env } = this.#options
    await this.#rereading.get(id)?.stop()
    const next = this.#informerOf(resource)
    this.#rereading.set(id, next)
    // Not all members at once.
    await env.timers.sleep(env.random() * rereadSpreadMs, this.signal)
    await loadCel()
    if (this.signal.aborted || this.#rereading.get(id) !== next) return
    next.start()
    await next.synced()
    if (!this.signal.aborted && this.#rereading.get(id) === next) await this.#replace(id, next)
  }

  async #replace(id: KindId, next: Informer<Row>): Promise<void> {
    const last = this.#informers.get(id)
    this.#rereading.delete(id)
    this.#informers.set(id, next)
    const gone = new Map([...(last?.list() ?? [])].map((row) => [row.key, row]))
    next.onChange(({ key, before, after }) => {
      this.#tellRow(id, key, before ?? gone.get(key), after)
      gone.delete(key)
    })
    for (const [key, before] of gone) this.#tellRow(id, key, before, undefined)
    gone.clear()
    await last?.stop()
  }

  #tellRow(kind: KindId, key: string, before: Row | undefined, after: Row | undefined): void {
    const id = objectIdIn(kind, key)
    if (!after) {
      this.identity.doubt()
      this.#forgetFailures((subject) => subject.key === key && kind.endsWith(`/${subject.kind}`))
    }
    for (const listener of this.#rowListeners) listener({ id, before, after })
  }

  #forgetFailures(isGone: (subject: Subject) => boolean): void {
    this.#options.interpreters.journal.forgetWhere((subject) => subject.on === this.name && isGone(subject))
  }

  #tellKind(id: KindId): void {
    for (const listener of this.#kindListeners) listener(id)
  }

  #noteAnswer(): void {
    this.#silences = 0
    this.#lastContact = this.#options.env.clock.now()
    this.#setState('Ready')
  }

  #noteSilence(error: unknown): void {
    this.#silences++
    if (this.#state === 'Away' || this.#silences < silencesToAway) return
    this.#options.env.log.warn({ cluster: this.name, err: error }, 'A member stopped answering')
    this.#setState('Away')
    this.#probing ??= this.#probe()
  }

  #setState(state: MemberState): void {
    if (this.#state === state) return
    this.#state = state
    for (const listener of this.#stateListeners) listener()
  }

  /** Asks until the member answers: nothing else is sent to it meanwhile. */
  async #probe(): Promise<void> {
    const { env } = this.#options
    for (let failures = 0; !this.signal.aborted; failures++) {
      try {
        await this.api.raw({ path: '/version', signal: this.signal })
        break
      } catch {
        await env.timers.sleep(
          backoffDelay(failures, probeBackoff, () => env.random()),
          this.signal,
        )
      }
    }
    this.#probing = undefined
  }
}

/** Resource versions are numbers that grow; where a server has others, what was seen last counts. */
function isOlder(seen: Row, written: Row): boolean {
  const [a, b] = [Number(seen.resourceVersion), Number(written.resourceVersion)]
  return Number.isFinite(a) && Number.isFinite(b) && a < b
}
