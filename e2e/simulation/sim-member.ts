// A member at its address: its API server may be down, and another cluster may answer in its place one day.
import { FlotillaError, type ErrorCode } from '@flotilla/machinery/errors'
import type { AdmissionHook } from '@flotilla/kube-server/admission'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { StoreEvent } from '@flotilla/kube-server/store/store'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import type { VirtualEnv } from '@flotilla/runtime/virtual-env'
import { createSimulatedCluster, type SimulatedCluster } from '@flotilla/simulator/cluster'
import { serveDocuments } from '../../packages/control-plane/test/test-fleet.ts'
import type { Endpoint } from './sim-net.ts'

export interface SimMemberOptions {
  readonly env: VirtualEnv
  readonly name: string
  readonly podStartMs: number
  readonly onEvent: (member: SimMember, event: StoreEvent) => void
}

/** How many changes a watch may be behind: few, so that some have to read everything anew. */
const history = 400

export class SimMember implements Endpoint {
  readonly name: string
  /** Identity of the cluster that answers now. */
  id = ''
  /** Since when, virtual ms. */
  since = 0
  /** It was taken off by force and came back: what it was left with is reported, and nobody's to remove. */
  keepsOrphans = false
  /** What its webhook says to whatever is written to Deployments. */
  denial: ErrorCode | undefined
  readonly #options: SimMemberOptions
  #cluster: SimulatedCluster | undefined
  #life = new AbortController()
  #isDown = false

  constructor(options: SimMemberOptions) {
    this.#options = options
    this.name = options.name
  }

  /** As its administrator sees it, without any faults. */
  get admin(): KubeApi {
    if (this.#cluster === undefined) throw new Error(`member ${this.name} has not started`)
    return this.#cluster.server.apiAs({ name: 'admin', groups: ['system:masters'] })
  }

  api(): KubeApi | undefined {
    return this.#isDown ? undefined : this.#cluster?.server.apiAs({ name: 'flotilla', groups: ['system:masters'] })
  }

  life(): AbortSignal {
    return this.#life.signal
  }

  /** Starts a cluster with nothing on it, in place of the one that was there. */
  async provision(): Promise<void> {
    const { env, name, podStartMs, onEvent } = this.#options
    const old = this.#cluster
    this.#cut()
    if (old !== undefined) await env.complete(old.stop(), { limitMs: 60_000, what: `the end of ${name}` })
    const store = createMemoryStore({ env, history })
    const starting = createSimulatedCluster({ env, name, nodes: 1, podStartMs, store, admission: [this.#webhook()] })
    const cluster = await env.complete(starting, { limitMs: 60_000, what: `member ${name}` })
    serveDocuments(cluster.server)
    cluster.server.onEveryEvent((event) => onEvent(this, event))
    this.#cluster = cluster
    const system = await cluster.server
      .apiAs({ name: 'admin', groups: ['system:masters'] })
      .get(namespaces, { name: 'kube-system' })
    this.id = system.metadata.uid ?? ''
    this.since = env.clock.now()
  }

  /** Its API server ends; what runs there goes on. */
  down(): void {
    this.#isDown = true
    this.#cut()
  }

  up(): void {
    this.#isDown = false
  }

  /** Watches on it have to read everything anew. */
  compact(): void {
    const store = this.#cluster?.server.store
    store?.compact(store.revision)
  }

  async stop(): Promise<void> {
    const stopping = this.#cluster?.stop()
    if (stopping !== undefined) {
      await this.#options.env.complete(stopping, { limitMs: 60_000, what: `the end of ${this.name}` })
    }
  }

  #cut(): void {
    this.#life.abort()
    this.#life = new AbortController()
  }

  #webhook(): AdmissionHook {
    return {
      name: 'people.example.com',
      matches: ({ resource, user, subresource }) =>
        this.denial !== undefined && user.name === 'flotilla' && resource.plural === 'deployments' && !subresource,
      admit: () => {
        throw new FlotillaError(this.denial ?? 'Forbidden', 'admission webhook "people.example.com" denied the request')
      },
    }
  }
}
