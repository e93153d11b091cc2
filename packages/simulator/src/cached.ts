// One resource of the cluster with its cache, in step: a write is answered only once the cache shows it, so that a
// controller never decides on a past that it has itself changed.
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi, DeleteOptions, WriteOptions } from '@flotilla/machinery/kube-api'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { createInformer } from '@flotilla/runtime/create-informer'
import type { Env } from '@flotilla/runtime/env'
import type { Informer } from '@flotilla/runtime/informer'
import { KeyedHeap } from '@flotilla/runtime/keyed-heap'
import type { IndexFunctions } from '@flotilla/runtime/row-table'
import { createStatusWriter, type StatusWriter } from '@flotilla/runtime/status-writer'

export interface CachedOptions<T> {
  readonly env: Env
  readonly api: KubeApi
  readonly resource: Resource
  readonly fieldManager: string
  readonly indexes?: IndexFunctions<T>
  readonly fieldSelector?: string
}

const patienceMs = 10_000
/** As many random names as kube-apiserver tries. */
const mostNames = 8

export class Cached<T extends KubeObject> {
  readonly rows: Informer<T>
  readonly #env: Env
  readonly #api: KubeApi
  readonly #resource: Resource
  readonly #status: StatusWriter
  readonly #fieldManager: string
  /** The newest revision that the cache has shown. */
  #revision = 0
  readonly #awaited = new KeyedHeap<() => void>()
  readonly #awaitedRows = new Map<string, RowWait<T>[]>()

  constructor({ env, api, resource, fieldManager, indexes, fieldSelector }: CachedOptions<T>) {
    this.#env = env
    this.#api = api
    this.#resource = resource
    this.#fieldManager = fieldManager
    this.#status = createStatusWriter({ api, resource, fieldManager })
    this.rows = createInformer<T>({
      env,
      api,
      resource,
      // The server's own object, shared: a copy per cache would multiply the memory of a big cluster.
      project: (object) => object as T,
      ...(indexes === undefined ? {} : { indexes }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    })
    this.rows.onChange(({ key, after }) => this.#noteChange(key, after))
  }

  async create(object: T, options: WriteOptions = {}): Promise<T> {
    const created = await this.#api.create(this.#resource, object, { fieldManager: this.#fieldManager, ...options })
    return this.#shown(created)
  }

  /** Creates what `make` gives, under another random name when somebody has that one. */
  async createNamed(make: () => T): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.create(make())
      } catch (error) {
        if (tries === mostNames || !isError(error, 'AlreadyExists')) throw error
      }
    }
  }

  /** A merge patch that fails with Conflict or NotFound when `object` was replaced meanwhile. */
  async patch(object: T, patch: Readonly<Record<string, unknown>>): Promise<T> {
    const { uid } = object.metadata
    const metadata = { ...(patch['metadata'] as object | undefined), uid }
    const whole = { type: 'merge', patch: { ...patch, metadata } } as const
    const options = { fieldManager: this.#fieldManager }
    return this.#shown(await this.#api.patch<T>(this.#resource, object.metadata, whole, options))
  }

  /** Creates a subresource of `object` that changes the object itself, e.g. a pod's `binding`. */
  async createSubresource(object: T, subresource: string, body: KubeObject): Promise<void> {
    await this.#api.create(this.#resource, body, { subresource, fieldManager: this.#fieldManager })
    const { resourceVersion } = object.metadata
    await this.#awaitRow(object, (row) => row?.metadata.resourceVersion !== resourceVersion)
  }

  /** Writes what differs; throws Conflict when the cache was behind. */
  async writeStatus(object: T, status: object): Promise<T> {
    return this.#shown(await this.#status.write(object, status))
  }

  /** Deletes just this object (by uid); one that is gone already is no error. */
  async delete(object: T, options: DeleteOptions = {}): Promise<void> {
    const preconditions = { uid: object.metadata.uid ?? '' }
    try {
      await this.#api.delete(this.#resource, object.metadata, { preconditions, ...options })
    } catch (error) {
      if (!isError(error, 'NotFound', 'Conflict')) throw error
    }
    const { uid } = object.metadata
    await this.#awaitRow(object, (row) => !isAlive(row) || row?.metadata.uid !== uid)
  }

  start(): void {
    this.rows.start()
  }

  /** Ends the cache; whoever waits for it goes on. */
  async stop(): Promise<void> {
    this.#revision = Number.POSITIVE_INFINITY
    this.#release()
    for (const waits of this.#awaitedRows.values()) for (const { resolve } of waits) resolve()
    this.#awaitedRows.clear()
    await this.rows.stop()
  }

  async #shown(object: T): Promise<T> {
    const revision = Number(object.metadata.resourceVersion)
    if (revision > this.#revision) {
      await this.#patiently((resolve) => this.#awaited.set(resolve, revision))
    }
    return object
  }

  /** Resolves when the row of `object` is as `isMet` wants it. */
  async #awaitRow(object: T, isMet: (row: T | undefined) => boolean): Promise<void> {
    const key = keyOf(object.metadata)
    if (this.#revision === Number.POSITIVE_INFINITY || isMet(this.rows.get(key))) return
    await this.#patiently((resolve) => {
      this.#awaitedRows.set(key, [...(this.#awaitedRows.get(key) ?? []), { isMet, resolve }])
    })
  }

  /** A cache that reads everything anew may skip what came and went: nobody waits for that for ever. */
  #patiently(wait: (resolve: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#env.timers.after(patienceMs, resolve)
      wait(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #noteChange(key: string, after: T | undefined): void {
    this.#revision = Math.max(this.#revision, Number(after?.metadata.resourceVersion ?? 0))
    this.#release()
    this.#releaseRow(key, after)
  }

  #release(): void {
    for (
      let next = this.#awaited.peek();
      next !== undefined && next.at <= this.#revision;
      next = this.#awaited.peek()
    ) {
      this.#awaited.pop()?.()
    }
  }

  #releaseRow(key: string, row: T | undefined): void {
    const waits = this.#awaitedRows.get(key)
    if (waits === undefined) return
    const left = waits.filter(({ isMet, resolve }) => {
      if (isMet(row)) resolve()
      return !isMet(row)
    })
    if (left.length === 0) this.#awaitedRows.delete(key)
    else this.#awaitedRows.set(key, left)
  }
}

interface RowWait<T> {
  isMet(row: T | undefined): boolean
  resolve(): void
}

function isAlive(object: KubeObject | undefined): boolean {
  return object !== undefined && object.metadata.deletionTimestamp === undefined
}
