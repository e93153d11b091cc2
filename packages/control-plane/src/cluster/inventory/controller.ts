// Keeps what each member offers in its Cluster's status: nodes, free room, APIs, and what it says of itself.
import { clusterResource } from '@flotilla/api/cluster'
import type { Cluster, ClusterStatus } from '@flotilla/api/cluster'
import { fieldManager } from '@flotilla/api/group'
import { deepEqual } from '@flotilla/machinery/json'
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
  /** Is told when the reading began that the hub shows now. */
  readonly readings?: Readings
}

interface Reading {
  readonly began: number
  readonly nodeShapes: ClusterStatus['nodeShapes']
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
  /** By name of cluster: readings that are written and that the hub's cache may not show yet. */
  const unshown = new Map<string, Reading>()

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
    unshown.set(name, { began, nodeShapes: inventory.nodeShapes })
    noteShown(hub.clusters.get(name))
    return { requeueAfterMs: readEveryMs * (0.9 + env.random() * 0.2) }
  }

  function noteShown(cluster: Cluster | undefined): void {
    const name = cluster?.metadata.name ?? ''
    const reading = unshown.get(name)
    if (cluster === undefined || reading === undefined) return
    if (!deepEqual(cluster.status?.nodeShapes, reading.nodeShapes)) return
    unshown.delete(name)
    readings?.note(cluster.spec.id, reading.began)
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
        if (after) noteShown(after)
        else unshown.delete(key)
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
