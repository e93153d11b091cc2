// A hub for tests: an API server in memory with our kinds, on a virtual clock.
import { crds } from '@flotilla/api/crds'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import { documents } from '@flotilla/kube-server/discovery/serve'
import { createKubeServer } from '@flotilla/kube-server/server'
import { CoreStore, type CoreStoreOptions } from '@flotilla/kube-server/store/core-store'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import type { VirtualEnv } from '@flotilla/runtime/virtual-env'
import { createHub } from '../src/hub.ts'
import type { Hub } from '../src/hub.ts'
import { Readings } from '../src/readings.ts'
import { lying, type Lies } from './lies.ts'

export interface TestHub extends AsyncDisposable {
  readonly env: VirtualEnv
  readonly api: KubeApi
  readonly hub: Hub
  /** All that its store holds now, for another hub to begin with. */
  backup(): Backup
  /** Tests that put room into a status note it themselves: nobody reads members here. */
  readonly readings: Readings
}

export type Backup = NonNullable<CoreStoreOptions['loaded']>

export interface TestHubOptions {
  /** Of another hub, to live in the same time. */
  readonly env?: VirtualEnv
  /** What the hub's own informers are told. */
  readonly lies?: Lies
  /** Does not wait until the hub has been read: it cannot be. */
  readonly isPartial?: boolean
  /** What its store begins with. */
  readonly backup?: Backup
}

export async function startTestHub(seed = 1, options: TestHubOptions = {}): Promise<TestHub> {
  const { env = createVirtualEnv({ seed }), lies, isPartial = false, backup: loaded } = options
  const store = new CoreStore({ env, freeze: true, ...(loaded && { loaded }) })
  const server = await createKubeServer({ env, store })
  server.setDocuments((path, accept) => {
    const found = documents(server.catalog, path, accept)
    return found && { code: found.code, contentType: found.contentType, body: JSON.parse(found.text) as unknown }
  })
  const api = server.apiAs({ name: 'admin', groups: ['system:masters'] })
  if (!loaded) for (const crd of crds) await api.create(customResourceDefinitions, crd as KubeObject)
  const hub = createHub({ env, api: lies ? lying(api, lies) : api, id: 'hub' })
  hub.start()
  if (!isPartial) await env.complete(hub.synced(), { limitMs: 10_000, what: 'the hub' })
  return {
    env,
    api,
    hub,
    backup: () => backupOf(store),
    readings: new Readings(),
    async [Symbol.asyncDispose]() {
      await env.complete(Promise.resolve(hub[Symbol.asyncDispose]()), { limitMs: 60_000, what: 'the end of the hub' })
      await server.stop()
    },
  }
}

function backupOf(store: CoreStore): Backup {
  const events = store.eventsSince(0)
  const keys = new Set(events.map(({ key }) => key))
  return { compacted: 0, events, objects: [...keys].flatMap((key) => store.get(key) ?? []) }
}
