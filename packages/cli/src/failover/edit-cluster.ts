// Reads a cluster and changes it, from what was read.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { isError } from '@flotilla/machinery/errors'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'

export interface ClusterEdit {
  readonly metadata?: { readonly annotations: Readonly<Record<string, string | null>> }
  readonly spec?: { readonly taints: Cluster['spec']['taints'] }
}

/** Throws NotFound, naming the way out. */
export async function readCluster(hub: KubeApi, name: string): Promise<Cluster> {
  try {
    return await hub.get<Cluster>(clusterResource, { name })
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error
    throw new FlotillaError('NotFound', `Cannot find cluster ${name}: it is not registered. Next: flotilla clusters`)
  }
}

/** Throws Conflict when somebody else has changed the cluster since it was read. */
export async function editCluster(hub: KubeApi, { metadata }: Cluster, edit: ClusterEdit): Promise<void> {
  const { resourceVersion } = metadata
  const patch = { ...edit, metadata: { ...edit.metadata, resourceVersion } }
  await hub.patch(clusterResource, metadata, { type: 'merge', patch }, { fieldManager: 'flotilla-cli' })
}
