// The clusters as the scheduler sees them.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { placedKindsOn, placesDefinition } from '@flotilla/control-plane/binding/placed-kinds'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import { type ClusterRow, toClusterRow } from '@flotilla/scheduler/snapshot'
import { listClusterBindings } from './read-binding.ts'

export interface ReadClusters {
  readonly clusters: readonly Cluster[]
  /** In the same order. */
  readonly rows: readonly ClusterRow[]
}

export async function readClusters(hub: KubeApi): Promise<ReadClusters> {
  const [{ items }, bindings] = await Promise.all([hub.list<Cluster>(clusterResource), listClusterBindings(hub)])
  const placing = bindings.filter(placesDefinition)
  const found = placing.length === 0 ? [] : (await hub.list(customResourceDefinitions)).items
  const byName = new Map(found.map((definition) => [definition.metadata.name, definition]))
  const kindsOn = (id: string) => placedKindsOn(id, placing, (name) => byName.get(name))
  return { clusters: items, rows: items.map((cluster) => toClusterRow(cluster, kindsOn(cluster.spec.id))) }
}
