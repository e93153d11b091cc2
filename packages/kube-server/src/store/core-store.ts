// The store's logic in memory; a journal below it, when there is one, makes each batch durable before it shows.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import { deepFreeze } from './deep-freeze.ts'
import { lowerBound, ObjectIndex } from './object-index.ts'
import { RevisionLog } from './revision-log.ts'
import type { ListRange, ListResult, Store, StoreEvent, Stored, Write } from './store.ts'
import { resourceOfKey } from './store.ts'

/** Durable storage under a store. */
export interface Journal {
  /** Writes all events in one transaction; throws when it could not, having written none. */
  append(events: readonly StoreEvent[]): void
  /** Resolves when all that was appended is durable; rejects when nobody can know. */
  sync(): Promise<void>
  /** Events that nobody can ask for any more. */
  forget(events: readonly StoreEvent[], compacted: number): void
  close(): void
}

export interface CoreStoreOptions {
  readonly env: Env
  readonly journal?: Journal
  /** How many events are kept for watches and lists of the past. Default 8192. */
  readonly history?: number
  /** Freeze what is stored, so that a mutation throws. */
  readonly freeze?: boolean
  /** What was durable at the start. */
  readonly loaded?: {
    readonly compacted: number
    readonly objects: readonly Stored[]
    readonly events: readonly StoreEvent[]
  }
}

interface Waiting {
  readonly events: readonly StoreEvent[]
  readonly resolve: (stored: readonly Stored[]) => void
  readonly reject: (error: unknown) => void
}

export class CoreStore implements Store {
  private readonly index = new ObjectIndex()
  private readonly log: RevisionLog
  private readonly listeners = new Map<string | undefined, Set<(event: StoreEvent) => void>>()
  private readonly options: CoreStoreOptions
  /** Writes for the next transaction, and what they make of each key. */
  private waiting: Waiting[] = []
  private overlay = new Map<string, Stored | undefined>()
  /** What the transaction that is becoming durable makes of each key, and its end. */
  private unsynced = new Map<string, Stored | undefined>()
  private syncing: Promise<void> | undefined
  /** Why nothing can be written any more. */
  private broken: FlotillaError | undefined
  private lastAssigned: number
  private closed = false

  constructor(options: CoreStoreOptions) {
    this.options = options
    const { loaded } = options
    this.log = new RevisionLog(options.history ?? 8192, loaded?.compacted ?? 0)
    for (const stored of loaded?.objects ?? []) this.index.put(this.frozen(stored))
    for (const event of loaded?.events ?? []) this.forget(this.log.append(event))
    this.lastAssigned = this.log.revision
  }

  get revision(): number {
    return this.log.revision
  }

  get compactedRevision(): number {
    return this.log.compacted
  }

  get(key: string): Stored | undefined {
    return this.index.get(key)
  }

  head(key: string): Stored | undefined {
    const newest = [this.overlay, this.unsynced].find((overlay) => overlay.has(key))
    return newest === undefined ? this.index.get(key) : newest.get(key)
  }

  list(range: ListRange): ListResult {
    const revision = range.revision ?? this.revision
    const changed = this.changedSince(revision, range.prefix)
    const { keys, start, end, byKey } =
      changed.size === 0 ? this.index.range(range.prefix) : this.past(range.prefix, changed)
    const from = range.after === undefined ? start : Math.max(start, lowerBound(keys, `${range.after}\0`))
    const to = range.limit ? Math.min(end, from + range.limit) : end
    const items: Stored[] = []
    for (let i = from; i < to; i++) items.push(byKey.get(keys[i] as string) as Stored)
    return { items, revision, remaining: end - Math.max(to, from) }
  }

  async transact(writes: readonly Write[]): Promise<readonly Stored[]> {
    if (this.closed) throw new FlotillaError('Unavailable', 'Cannot write: the store is closed')
    if (this.broken) throw this.broken
    for (const write of writes) this.checkExpectation(write)
    const events = writes.map((write) => this.prepare(write))
    if (this.options.journal === undefined) {
      for (const event of events) this.publish(event)
      return events
    }
    return this.enqueue(events)
  }

  eventsSince(revision: number, resource?: string): readonly StoreEvent[] {
    return this.log.since(revision, resource)
  }

  subscribe(resource: string | undefined, listener: (event: StoreEvent) => void): () => void {
    const listeners = this.listeners.get(resource) ?? new Set()
    this.listeners.set(resource, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  compact(revision: number): void {
    this.forget(this.log.compactTo(revision))
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.flush()
    while (this.syncing !== undefined) await this.syncing
    this.options.journal?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private checkExpectation({ key, expectedRevision, object }: Write): void {
    const head = this.head(key)
    if (expectedRevision === 0 && head !== undefined) {
      throw new FlotillaError('AlreadyExists', `Cannot create ${key}: it exists at revision ${head.revision}`)
    }
    const gone = head === undefined && (object === undefined || expectedRevision !== undefined)
    if (expectedRevision !== 0 && (gone || (expectedRevision !== undefined && head?.revision !== expectedRevision))) {
      const found = head?.revision ?? 'none'
      throw new FlotillaError('Conflict', `Cannot write ${key}: expected revision ${expectedRevision}, found ${found}`)
    }
  }

  private prepare({ key, object }: Write): StoreEvent {
    const before = this.head(key)
    const revision = ++this.lastAssigned
    const stored = this.frozen({ key, object: stamp(object ?? (before as Stored).object, revision), revision })
    if (this.options.journal !== undefined) this.overlay.set(key, object === undefined ? undefined : stored)
    const type = object === undefined ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED'
    return { ...stored, type, ...(before ? { before } : {}) }
  }

  private enqueue(events: readonly StoreEvent[]): Promise<readonly Stored[]> {
    if (this.waiting.length === 0) void this.options.env.timers.yield().then(() => this.flush())
    return new Promise((resolve, reject) => this.waiting.push({ events, resolve, reject }))
  }

  /**
   * One transaction for all writes since the last one, once that is durable: they gather meanwhile. When it cannot be
   * written all of them fail and memory stays as it was.
   */
  private flush(): void {
    const { journal } = this.options
    const batch = this.waiting
    if (journal === undefined || batch.length === 0 || this.syncing !== undefined) return
    const { overlay } = this
    this.waiting = []
    this.overlay = new Map()
    try {
      journal.append(batch.flatMap(({ events }) => events))
    } catch (error) {
      this.lastAssigned = this.revision
      for (const { reject } of batch) reject(error)
      return
    }
    this.unsynced = overlay
    this.syncing = journal.sync().then(
      () => this.settle(batch),
      (error: unknown) => this.breakOff(batch, error),
    )
  }

  private settle(batch: readonly Waiting[]): void {
    this.syncing = undefined
    this.unsynced = new Map()
    for (const { events, resolve } of batch) {
      for (const event of events) this.publish(event)
      resolve(events)
    }
    this.flush()
  }

  /** What the disk holds is unknown now: only reading it anew, at the next start, can tell. */
  private breakOff(batch: readonly Waiting[], cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `Cannot write: the disk did not confirm an earlier write (${why}). Next: see to the disk, then restart`
    this.broken = new FlotillaError('Unavailable', message, {}, { cause })
    this.syncing = undefined
    this.unsynced = new Map()
    this.overlay = new Map()
    const all = [...batch, ...this.waiting]
    this.waiting = []
    for (const { reject } of all) reject(this.broken)
  }

  private publish(event: StoreEvent): void {
    if (event.type === 'DELETED') this.index.delete(event.key)
    else this.index.put({ key: event.key, object: event.object, revision: event.revision })
    this.forget(this.log.append(event))
    for (const listener of this.listeners.get(resourceOfKey(event.key)) ?? []) listener(event)
    for (const listener of this.listeners.get(undefined) ?? []) listener(event)
  }

  private forget(events: readonly StoreEvent[]): void {
    if (events.length > 0) this.options.journal?.forget(events, this.log.compacted)
  }

  /** What each key that changed since `revision` was then; undefined: it did not exist. */
  private changedSince(revision: number, prefix: string): Map<string, Stored | undefined> {
    const then = new Map<string, Stored | undefined>()
    if (revision >= this.revision) return then
    for (const event of this.log.since(revision, resourceOfKey(prefix))) {
      if (event.key.startsWith(prefix) && !then.has(event.key)) then.set(event.key, event.before)
    }
    return then
  }

  private past(prefix: string, changed: ReadonlyMap<string, Stored | undefined>) {
    const now = this.index.range(prefix)
    const byKey = new Map<string, Stored>()
    for (let i = now.start; i < now.end; i++) {
      const key = now.keys[i] as string
      if (!changed.has(key)) byKey.set(key, now.byKey.get(key) as Stored)
    }
    for (const [key, stored] of changed) if (stored) byKey.set(key, stored)
    const keys = [...byKey.keys()].toSorted(byCodeUnit)
    return { keys, start: 0, end: keys.length, byKey }
  }

  private frozen(stored: Stored): Stored {
    return this.options.freeze ? deepFreeze(stored) : stored
  }
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function stamp(object: Stored['object'], revision: number): Stored['object'] {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}
