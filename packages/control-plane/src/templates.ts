// Templates: objects of the hub, of whatever kinds policies and bindings name, each kind watched once.
import { discover } from '@flotilla/machinery/discovery'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { createInformer } from '@flotilla/runtime/create-informer'
import type { Env } from '@flotilla/runtime/env'
import type { Informer } from '@flotilla/runtime/informer'
import type { Change } from '@flotilla/runtime/source'
import { keyInKind, kindIdIn, kindIdOf, objectIdOf, type KindId, type ObjectId, type ObjectRef } from './object-id.ts'

export type TemplateListener = (kind: KindId, change: Change<KubeObject>) => void

type KindRef = Pick<ObjectRef, 'apiVersion' | 'kind'>

/** How long until a kind that the hub does not serve, or could not tell of, is asked for again. */
const retryMs = 5_000

export class Templates {
  readonly #env: Env
  readonly #api: KubeApi
  readonly #informers = new Map<KindId, Informer<KubeObject>>()
  readonly #resources = new Map<KindId, Resource>()
  readonly #wanted = new Map<KindId, KindRef>()
  readonly #listeners = new Set<TemplateListener>()
  readonly #syncListeners = new Set<(kind: KindId) => void>()
  readonly #abort = new AbortController()
  #finding: Promise<void> | undefined

  constructor(env: Env, api: KubeApi) {
    this.#env = env
    this.#api = api
  }

  /** Watches the kind from now on, as soon as the hub serves it. */
  open(kind: KindRef): void {
    const id = kindIdOf(kind)
    if (this.#informers.has(id) || this.#wanted.has(id)) return
    this.#wanted.set(id, kind)
    this.#finding ??= this.#findWanted()
  }

  /** The template, managedFields included. Undefined proves nothing unless `isComplete`. */
  get(ref: ObjectRef): KubeObject | undefined {
    return this.byId(objectIdOf(ref))
  }

  byId(id: ObjectId): KubeObject | undefined {
    return this.#informers.get(kindIdIn(id))?.get(keyInKind(id))
  }

  isComplete(kind: KindRef): boolean {
    return this.#informers.get(kindIdOf(kind))?.state === 'Complete'
  }

  /** Templates of an open kind in one namespace; '' for cluster-scoped ones. */
  inNamespace(kind: KindRef, namespace: string): readonly KubeObject[] {
    return this.#informers.get(kindIdOf(kind))?.byIndex('namespace', namespace) ?? []
  }

  /** All templates of an open kind. */
  ofKind(id: KindId): Iterable<KubeObject> {
    return this.#informers.get(id)?.list() ?? []
  }

  /** The open informer of a kind. */
  informer(kind: KindRef): Informer<KubeObject> | undefined {
    return this.#informers.get(kindIdOf(kind))
  }

  /** How the hub serves an open kind. */
  resource(kind: KindRef): Resource | undefined {
    return this.#resources.get(kindIdOf(kind))
  }

  /** Calls `listener` on each change of any open kind, and at once with all templates held. Returns the way out. */
  onChange(listener: TemplateListener): () => void {
    this.#listeners.add(listener)
    for (const [kind, informer] of this.#informers) {
      for (const template of informer.list()) listener(kind, { key: keyOf(template.metadata), after: template })
    }
    return () => this.#listeners.delete(listener)
  }

  /** Calls `listener` once for each kind that has been read whole. Returns the way out. */
  onComplete(listener: (kind: KindId) => void): () => void {
    this.#syncListeners.add(listener)
    for (const [kind, informer] of this.#informers) if (informer.hasSynced) listener(kind)
    return () => this.#syncListeners.delete(listener)
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#finding
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()))
  }

  async #findWanted(): Promise<void> {
    const { signal } = this.#abort
    while (this.#wanted.size > 0 && !signal.aborted) {
      await this.#openServed(signal)
      if (this.#wanted.size > 0) await this.#env.timers.sleep(retryMs, signal)
    }
    this.#finding = undefined
  }

  async #openServed(signal: AbortSignal): Promise<void> {
    try {
      const discovery = await discover(this.#api, { signal })
      for (const [id, kind] of this.#wanted) {
        const resource =
          discovery.find(kind.apiVersion, kind.kind) ?? discovery.preferred(id.slice(0, id.indexOf('/')), kind.kind)
        if (resource) this.#watch(id, resource)
      }
    } catch (error) {
      if (!signal.aborted) this.#env.log.warn({ err: error }, 'Cannot discover what the hub serves')
    }
  }

  #watch(id: KindId, resource: Resource): void {
    this.#wanted.delete(id)
    const informer = createInformer<KubeObject>({
      env: this.#env,
      api: this.#api,
      resource,
      project: (it) => it,
      indexes: { namespace: ({ metadata }) => [metadata.namespace ?? ''] },
    })
    this.#informers.set(id, informer)
    this.#resources.set(id, resource)
    informer.onChange((change) => this.#listeners.forEach((listener) => listener(id, change)))
    void informer.synced().then(() => this.#syncListeners.forEach((listener) => listener(id)))
    informer.start()
  }
}
