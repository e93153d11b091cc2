// Follows one resource of an API server: reads everything once, then watches, resumes, and reads anew on 410.
import { isError } from '@flotilla/machinery/errors'
import type { ListOptions, WatchEvent, WatchOptions } from '@flotilla/machinery/kube-api'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { backoffDelay } from './backoff.ts'
import type { Env } from './env.ts'
import type { InformerOptions, ReadState } from './informer.ts'
import { watchIdleness, type IdleWatch } from './idle-watch.ts'

/** What to follow; what is kept of it is the sink's. */
export type ReflectorOptions = Omit<InformerOptions<unknown>, 'project' | 'indexes'>

/** Where a reflector puts what it sees. */
export interface Sink {
  upsert(key: string, object: KubeObject): void
  remove(key: string): void
  keys(): Iterable<string>
}

const defaultIdleDeadlineMs = 300_000
const defaultPageSize = 500
const backoff = { baseMs: 200, maxMs: 30_000 }
/** A watch that lived so long has shown that the server serves it: it may be opened anew at once. */
const longWatchMs = 10_000
/** Objects between two yields. */
const chunk = 250

export class Reflector {
  state: ReadState = 'Partial'
  lastError: unknown
  lastSeen: number | undefined
  readonly #options: ReflectorOptions
  readonly #env: Env
  readonly #sink: Sink
  readonly #onComplete: () => void
  /** Where to resume; undefined: everything has to be read (again). */
  #resourceVersion: string | undefined
  #refusesWatchList = false
  #failures = 0
  #sinceYield = 0

  constructor(options: ReflectorOptions, sink: Sink, onComplete: () => void) {
    this.#options = options
    this.#env = options.env
    this.#sink = sink
    this.#onComplete = onComplete
  }

  /** Runs until `signal` aborts. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const mayGoOn = await this.#attempt(signal)
      if (mayGoOn || signal.aborted) continue
      await this.#env.timers.sleep(backoffDelay(this.#failures++, backoff, this.#env.random), signal)
    }
  }

  /**
   * One list or one watch. False when it failed or was a watch that did not last: the next one must wait, ever
   * longer. Only a watch that lasts ends that, since a server may answer every list and refuse every watch.
   */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    try {
      if (this.#resourceVersion === undefined) return await this.#readAll(signal)
      if (this.state === 'Failed') await this.#probe(signal)
      return await this.#watch(this.#resourceVersion, signal)
    } catch (error) {
      if (!signal.aborted) this.#noteFailure(error)
      return false
    }
  }

  async #readAll(signal: AbortSignal): Promise<boolean> {
    if (!this.#refusesWatchList) return this.#watchList(signal)
    await this.#list(signal)
    return true
  }

  async #list(signal: AbortSignal): Promise<void> {
    const seen = new Set<string>()
    const options = { ...this.#selection(signal), limit: this.#options.pageSize ?? defaultPageSize }
    let page = await this.#page(options, seen)
    while (page.continue !== undefined && page.continue !== '') {
      const from = page.continue
      page = await this.#page({ ...options, continue: from }, seen)
      if (page.continue === from) throw new Error('Cannot list: a page leads back to itself')
    }
    if (!signal.aborted) this.#complete(seen, page.resourceVersion)
  }

  async #page(options: ListOptions, seen: Set<string>) {
    const page = await this.#options.api.list(this.#options.resource, options)
    for (const object of page.items) {
      this.#seeObject(object, seen)
      await this.#pause()
    }
    this.#touch()
    return page
  }

  /** Everything as the first events of a watch, which then goes on. Falls back to pages when refused. */
  async #watchList(signal: AbortSignal): Promise<boolean> {
    const idle = this.#idleWatch(signal)
    const openedAt = this.#env.clock.monotonic()
    const seen = new Set<string>()
    let isComplete = false
    const options = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } as const
    try {
      for await (const event of this.#open(options, idle)) {
        if (isComplete) this.#seeEvent(event)
        else if (event.type !== 'BOOKMARK') this.#seeInitial(event, seen)
        else if (event.initialEventsEnd) {
          isComplete = true
          this.#complete(seen, event.resourceVersion)
        }
        await this.#pause()
      }
    } catch (error) {
      if (isComplete || !isError(error, 'Invalid', 'BadRequest', 'MethodNotAllowed')) throw error
      this.#refusesWatchList = true
      return true
    } finally {
      idle.stop()
      if (isComplete) this.#noteEnd(openedAt)
    }
    if (isComplete || signal.aborted) return this.#hasLasted(openedAt)
    if (!idle.isOver) throw new Error('The watch ended before its initial events did')
    // A server that does not know `sendInitialEvents` never marks their end.
    this.#refusesWatchList = true
    return true
  }

  /** False when it did not last. */
  async #watch(resourceVersion: string, signal: AbortSignal): Promise<boolean> {
    const idle = this.#idleWatch(signal)
    const openedAt = this.#env.clock.monotonic()
    try {
      for await (const event of this.#open({ resourceVersion }, idle)) {
        this.#seeEvent(event)
        await this.#pause()
      }
    } finally {
      idle.stop()
      this.#noteEnd(openedAt)
    }
    return this.#hasLasted(openedAt)
  }

  #noteEnd(openedAt: number): void {
    if (this.#hasLasted(openedAt)) this.#failures = 0
  }

  #hasLasted(openedAt: number): boolean {
    return this.#env.clock.monotonic() - openedAt >= Math.min(longWatchMs, this.#idleDeadlineMs)
  }

  /** A watch that says nothing proves nothing: before one is opened after a failure, the server must answer. */
  async #probe(signal: AbortSignal): Promise<void> {
    await this.#options.api.list(this.#options.resource, { ...this.#selection(signal), limit: 1 })
    this.#touch()
    this.state = 'Complete'
    this.lastError = undefined
  }

  async *#open(options: WatchOptions, idle: IdleWatch): AsyncIterable<WatchEvent> {
    const all = { ...this.#selection(idle.signal), ...options, allowWatchBookmarks: true }
    for await (const event of this.#options.api.watch(this.#options.resource, all)) {
      if (idle.signal.aborted) return
      idle.touch()
      this.#touch()
      yield event
    }
  }

  #seeEvent(event: WatchEvent): void {
    if (event.type === 'BOOKMARK') {
      this.#resourceVersion = event.resourceVersion
      return
    }
    this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion
    if (event.type === 'DELETED') this.#sink.remove(keyOf(event.object.metadata))
    else this.#sink.upsert(keyOf(event.object.metadata), event.object)
  }

  #seeInitial(event: Exclude<WatchEvent, { type: 'BOOKMARK' }>, seen: Set<string>): void {
    if (event.type !== 'DELETED') return this.#seeObject(event.object, seen)
    const key = keyOf(event.object.metadata)
    seen.delete(key)
    this.#sink.remove(key)
  }

  #seeObject(object: KubeObject, seen: Set<string>): void {
    const key = keyOf(object.metadata)
    seen.add(key)
    this.#sink.upsert(key, object)
  }

  /** Everything was seen: what was not is gone. The only place that removes without a DELETED event. */
  #complete(seen: ReadonlySet<string>, resourceVersion: string): void {
    for (const key of this.#sink.keys()) if (!seen.has(key)) this.#sink.remove(key)
    this.#resourceVersion = resourceVersion
    this.state = 'Complete'
    this.lastError = undefined
    this.#touch()
    this.#onComplete()
  }

  #noteFailure(error: unknown): void {
    if (isError(error, 'Expired') && this.#resourceVersion !== undefined) {
      // The server has forgotten where we were; what we hold stays until everything has been read anew.
      this.#resourceVersion = undefined
      return
    }
    this.state = 'Failed'
    this.lastError = error
    this.#env.log.debug({ err: error, resource: this.#options.resource.plural }, 'Cannot follow a resource')
  }

  #selection(signal: AbortSignal) {
    const { namespace, labelSelector, fieldSelector } = this.#options
    return {
      signal,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    }
  }

  #idleWatch(signal: AbortSignal): IdleWatch {
    return watchIdleness(this.#env, this.#idleDeadlineMs, signal)
  }

  get #idleDeadlineMs(): number {
    return this.#options.idleDeadlineMs ?? defaultIdleDeadlineMs
  }

  #touch(): void {
    this.lastSeen = this.#env.clock.now()
  }

  async #pause(): Promise<void> {
    const othersFirst = this.#env.timers.turn()
    if (othersFirst) await othersFirst
    if (++this.#sinceYield < chunk) return
    this.#sinceYield = 0
    await this.#env.timers.yield()
  }
}
