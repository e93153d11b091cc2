// Reads a cluster and changes it, from what was read.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { editObject } from '../reach/edit-object.ts'

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

/** As `change` has it of the cluster as it is then; false: nothing is to be changed any more. */
export function editCluster(
  hub: KubeApi,
  read: Cluster,
  change: (cluster: Cluster) => ClusterEdit | undefined,
): Promise<boolean> {
  return editObject(hub, clusterResource, read, (cluster) => {
    const edit = change(cluster)
    const { resourceVersion, uid } = cluster.metadata
    return edit && { type: 'merge', patch: { ...edit, metadata: { ...edit.metadata, resourceVersion, uid } } }
  })
}
