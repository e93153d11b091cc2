// The hub's API server on a disk of its own: it can die at any moment and start again from what was durable.
import { crds } from '@flotilla/api/crds'
import { createKubeServer, type KubeServer } from '@flotilla/kube-server/server'
import { CoreStore } from '@flotilla/kube-server/store/core-store'
import type { StoreEvent } from '@flotilla/kube-server/store/store'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import type { VirtualEnv } from '@flotilla/runtime/virtual-env'
import { serveDocuments } from '../../packages/control-plane/test/test-fleet.ts'
import { SimDisk } from './sim-disk.ts'
import type { Endpoint } from './sim-net.ts'
import { SimProcess } from './sim-process.ts'

export interface SimHubOptions {
  readonly env: VirtualEnv
  readonly seed: number
  readonly random: () => number
  /** Of each durable change, when it can be seen. */
  readonly onEvent: (event: StoreEvent) => void
  /** What was visible before a crash is older, or gone, after it. */
  readonly onLoss: (message: string) => void
  readonly onError: (message: string) => void
}

/** How many changes a watch may be behind. */
const history = 1_500

export class SimHub implements Endpoint {
  readonly name = 'hub'
  readonly #options: SimHubOptions
  readonly #disk: SimDisk
  /** By key: the newest revision that anybody could see; undefined: it was deleted. */
  readonly #visible = new Map<string, number | undefined>()
  #process: SimProcess | undefined
  #server: KubeServer | undefined
  #starts = 0

  constructor(options: SimHubOptions) {
    this.#options = options
    this.#disk = new SimDisk({ random: options.random })
  }

  api(): KubeApi | undefined {
    return this.#server?.apiAs({ name: 'admin', groups: ['system:masters'] })
  }

  life(): AbortSignal {
    return this.#process?.death ?? AbortSignal.abort()
  }

  get isUp(): boolean {
    return this.#server !== undefined
  }

  async start(): Promise<void> {
    const { env, seed, onError, onEvent } = this.#options
    if (this.#server !== undefined) return
    const process = new SimProcess({ name: 'hub', world: env, seed: seed + ++this.#starts, onError })
    const loaded = this.#disk.load()
    this.#checkLoaded(new Map(loaded.objects.map(({ key, revision }) => [key, revision])))
    const store = new CoreStore({ env: process.env, journal: this.#disk.mount(process), history, freeze: true, loaded })
    this.#process = process
    const server = await env.complete(createKubeServer({ env: process.env, store }), {
      limitMs: 60_000,
      what: 'the hub',
    })
    serveDocuments(server)
    server.onEveryEvent((event) => {
      this.#visible.set(event.key, event.type === 'DELETED' ? undefined : event.revision)
      onEvent(event)
    })
    this.#server = server
    if (this.#starts === 1) await env.complete(this.#install(), { limitMs: 60_000, what: 'our kinds' })
  }

  crash(): void {
    this.#process?.crash()
    this.#server = undefined
    this.#disk.fail()
  }

  /** Forgets changes that watches may want: they have to read everything anew. */
  compact(): void {
    const store = this.#server?.store
    store?.compact(store.revision)
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    this.#process?.crash()
  }

  async #install(): Promise<void> {
    const api = this.api()
    for (const crd of crds) await api?.create(customResourceDefinitions, crd as KubeObject)
  }

  #checkLoaded(loaded: ReadonlyMap<string, number>): void {
    for (const [key, revision] of this.#visible) {
      const found = loaded.get(key)
      const isLost = revision === undefined ? found !== undefined : found === undefined || found < revision
      if (isLost) this.#options.onLoss(`${key} was seen at ${revision ?? 'its end'} and is at ${found ?? 'none'}`)
    }
  }
}
