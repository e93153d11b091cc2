// Keeps what each member offers in its Cluster's status: nodes, free room, APIs, and what it says of itself.
import { clusterResource } from '@flotilla/api/cluster'
import type { Cluster, ClusterStatus } from '@flotilla/api/cluster'
import { fieldManager } from '@flotilla/api/group'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { findCondition } from '@flotilla/runtime/conditions'
import { watch } from '@flotilla/runtime/controller'
import type { Controller, Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import type { Hub } from '../../hub.ts'
import type { Readings } from '../../readings.ts'
import { readInventory } from './read-inventory.ts'
import { readProperties } from './read-properties.ts'

export interface InventoryDeps {
  readonly env: Env
  readonly hub: Hub
  /** The connection to a member that carries reads; undefined while there is none. */
  readonly memberApi: (cluster: string) => KubeApi | undefined
  /** Milliseconds between two readings of a member. Default 60 s. */
  readonly readEveryMs?: number
  /** Is told when a reading that is in the status now began. */
  readonly readings?: Readings
}

/** Keys are names of clusters. A member that cannot be read keeps what was read last. */
export function createInventoryController({
  env,
  hub,
  memberApi,
  readEveryMs = 60_000,
  readings,
}: InventoryDeps): Controller {
  const status = createStatusWriter({ api: hub.api, resource: clusterResource, fieldManager })

  async function reconcile(name: string, signal: AbortSignal): Promise<Result | void> {
    const cluster = hub.clusters.get(name)
    if (!cluster || !isReady(cluster)) return
    const api = memberApi(name)
    if (!api) return { requeueAfterMs: 1_000 }
    const began = env.clock.monotonic()
    const properties = await readProperties(api, cluster.status?.properties, signal)
    if (signal.aborted) return
    const inventory = await readInventory(api, signal).catch(async (error: unknown) => {
      await write(cluster, { properties })
      throw error
    })
    await write(cluster, { ...inventory, properties })
    readings?.note(cluster.spec.id, began)
    return { requeueAfterMs: readEveryMs * (0.9 + env.random() * 0.2) }
  }

  /** The reading took its time: what health wrote meanwhile must not be written back. */
  async function write({ metadata, spec }: Cluster, read: Partial<ClusterStatus>): Promise<void> {
    const newest = hub.clusters.get(metadata.name)
    if (newest?.spec.id === spec.id) await status.write(newest, { ...newest.status, ...read })
  }

  return {
    name: 'cluster-inventory',
    concurrency: 64,
    watches: [
      watch(hub.clusters, ({ key, before, after }) => {
        const isNews = after !== undefined && isReady(after) && !(before && isReady(before))
        return isNews ? [key] : []
      }),
    ],
    reconcile,
  }
}

function isReady({ status }: Cluster): boolean {
  return findCondition(status?.conditions, 'Ready')?.status === 'True'
}
