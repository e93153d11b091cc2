// The half of a hub that decides, in this process on a durable store: an API server, the policy controller and the
// scheduler, as the control plane wires them.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { crds } from '@flotilla/api/crds'
import { createSchedulerController } from '@flotilla/control-plane/binding/scheduler/controller'
import { Readings } from '@flotilla/control-plane/readings'
import { createHub, type Hub } from '@flotilla/control-plane/hub'
import { createPolicyController } from '@flotilla/control-plane/policy/controller'
import { documents } from '@flotilla/kube-server/discovery/serve'
import { createKubeServer } from '@flotilla/kube-server/server'
import { openSqliteStore } from '@flotilla/kube-server/store/sqlite-store'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import { createRealEnv } from '@flotilla/runtime/real-env'
import { startController } from '@flotilla/runtime/start-controller'
import { pool } from './clock.ts'

export interface DecidingHub extends AsyncDisposable {
  readonly api: KubeApi
  readonly hub: Hub
  /** Resolves when everything has been read and decided. */
  idle(): Promise<void>
}

/** On the data in `folder`, which need not exist. */
export async function startDecidingHub(folder: string): Promise<DecidingHub> {
  const env = createRealEnv({ logLevel: 'error' })
  await using opened = new AsyncDisposableStack()
  // Nothing of it keeps a process alive that has nothing else to do.
  const awake = setInterval(() => {}, 60_000)
  opened.defer(() => clearInterval(awake))
  const store = opened.use(openSqliteStore({ env, folder }))
  const server = await createKubeServer({ env, store })
  opened.defer(() => server.stop())
  server.setDocuments((path, accept) => {
    const found = documents(server.catalog, path, accept)
    return found && { code: found.code, contentType: found.contentType, body: JSON.parse(found.text) as unknown }
  })
  const api = server.apiAs({ name: 'bench', groups: ['system:masters'] })
  for (const crd of crds) await ensure(api, crd as KubeObject)
  const hub = opened.use(createHub({ env, api, id: 'bench' }))
  hub.start()
  const scheduler = createSchedulerController({ env, hub, readings: new Readings() })
  const { withFirstDecision } = scheduler
  const running = [createPolicyController({ env, hub, withFirstDecision }), scheduler].map((each) =>
    opened.use(startController(env, each)),
  )
  const closing = opened.move()
  return {
    api,
    hub,
    async idle() {
      await hub.synced()
      for (const each of [...running, ...running]) await each.idle()
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

async function ensure(api: KubeApi, crd: KubeObject): Promise<void> {
  await api.create(customResourceDefinitions, crd).catch((error: unknown) => {
    if (!isError(error, 'AlreadyExists')) throw error
  })
}

/** Ready clusters with room for some thousand small pods each; no members are behind them. */
export async function registerClusters(api: KubeApi, count: number): Promise<void> {
  await pool(
    Array.from({ length: count }, (_, index) => index),
    64,
    async (index) => {
      const name = `cluster-${index}`
      await api.create(clusterResource, {
        apiVersion: 'flotilla.dev/v1alpha1',
        kind: 'Cluster',
        metadata: { name, labels: { tier: index % 10 === 0 ? 'test' : 'production' } },
        spec: { id: `id-${name}`, region: `region-${index % 20}` },
      })
      await api.patch(clusterResource, { name }, { type: 'merge', patch: { status: statusOf(index) } }, status)
    },
  )
}

const status = { subresource: 'status' } as const

export function statusOf(index: number): NonNullable<Cluster['status']> {
  const lastTransitionTime = '2026-01-01T00:00:00Z'
  const amounts = (cpu: number) => ({ cpu: String(cpu), memory: `${4 * cpu}Gi` })
  return {
    conditions: [{ type: 'Ready', status: 'True', reason: 'Probed', message: '', lastTransitionTime }],
    apis: [{ group: 'apps', version: 'v1', kinds: ['Deployment', 'StatefulSet'] }],
    nodeShapes: [4, 8, 16].map((cpu) => ({ free: { ...amounts(cpu), pods: '110' }, count: 5 + (index % 7) })),
    resources: { allocatable: amounts(400), requested: amounts(100 + (index % 200)) },
  }
}
