// An API server of our own without nodes or controllers: Deployments on it are said to be rolled out as soon as they
// are written, so that tens of thousands cost no more than their objects.
import type { Authenticator } from '@flotilla/kube-server/access/authenticator'
import { serveKube } from '@flotilla/kube-server/http/server'
import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { Store, StoreEvent, Stored } from '@flotilla/kube-server/store/store'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import { valueAt } from '@flotilla/machinery/untyped'
import { ensureNamespace, env } from '../api-server.ts'

export interface PlainMember {
  readonly port: number
  /** UID of its kube-system namespace. */
  readonly id: string
  /** Durable changes made by others than the member itself; renewals of Leases are none. */
  writes(): number
  /** Names of its Deployments, which are all in one namespace. */
  deployments(): readonly string[]
  /** Ready replicas of a Deployment; 0 where there is none. */
  readyOf(name: string): number
  setReady(name: string, ready: number): void
}

export interface PlainMemberOptions {
  readonly tls: { readonly cert: string; readonly key: string }
  readonly authenticators: readonly Authenticator[]
}

const deployments = 'deployments.apps'
const leases = 'leases.coordination.k8s.io/'
/** Nothing reads its past. */
const history = 64

export async function startPlainMember({ tls, authenticators }: PlainMemberOptions): Promise<PlainMember> {
  const store = createMemoryStore({ env, freeze: false, history })
  const server = await createKubeServer({ env, store })
  const api = server.apiAs({ name: 'bench', groups: ['system:masters'] })
  await ensureNamespace(api, 'flotilla-system')
  const { metadata } = await api.get(namespaces, { name: 'kube-system' })
  const keys = new Map<string, string>()
  let [own, all] = [0, 0]
  server.onEveryEvent(({ key }) => {
    if (!key.startsWith(leases)) all++
  })
  const setStatus = (stored: Stored, ready: number): void => {
    own++
    void store.transact([{ key: stored.key, object: { ...stored.object, status: statusOf(stored, ready) } }])
  }
  store.subscribe(deployments, (event) => {
    if (event.type === 'DELETED') keys.delete(event.object.metadata.name)
    else keys.set(event.object.metadata.name, event.key)
    if (!isRolledOut(event)) queueMicrotask(() => rollOut(store, event.key, setStatus))
  })
  const stored = (name: string) => store.get(keys.get(name) ?? '')
  own = 0
  all = 0
  const { port } = await serveKube({ env, server, tls, authenticators })
  return {
    port,
    id: metadata.uid ?? '',
    writes: () => all - own,
    deployments: () => [...keys.keys()],
    readyOf: (name) => Number(valueAt(stored(name)?.object, 'status', 'readyReplicas') ?? 0),
    setReady(name, ready) {
      const found = stored(name)
      if (found !== undefined) setStatus(found, ready)
    },
  }
}

function isRolledOut({ type, object }: StoreEvent): boolean {
  return type === 'DELETED' || valueAt(object, 'status', 'observedGeneration') === object.metadata.generation
}

function rollOut(store: Store, key: string, setStatus: (stored: Stored, ready: number) => void): void {
  const stored = store.get(key)
  if (stored !== undefined) setStatus(stored, replicasOf(stored))
}

function replicasOf({ object }: Stored): number {
  return Number(valueAt(object, 'spec', 'replicas') ?? 1)
}

function statusOf(stored: Stored, ready: number): object {
  const replicas = replicasOf(stored)
  const at = '2026-01-01T00:00:00Z'
  const times = { lastTransitionTime: at, lastUpdateTime: at }
  const isAvailable = ready === replicas
  return {
    observedGeneration: stored.object.metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: replicas - ready,
    conditions: [
      {
        type: 'Available',
        status: isAvailable ? 'True' : 'False',
        reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: '',
        ...times,
      },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: '', ...times },
    ],
  }
}
