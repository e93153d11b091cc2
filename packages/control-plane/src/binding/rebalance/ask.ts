// Asks the scheduler to have the replicas of a binding where a rebalance wants them, and sees what came of it.
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { BindingSpec } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Binding } from '../../hub.ts'

export interface Target {
  /** Replicas by cluster id. */
  readonly clusters: ReadonlyMap<string, number>
  readonly moves?: NonNullable<BindingSpec['rebalance']>['moves']
}

/** False: the binding is another by now, or gone. */
export async function askFor(
  api: KubeApi,
  { metadata, spec }: Binding,
  target: Target,
  fieldManager: string,
): Promise<boolean> {
  const clusters = [...target.clusters].map(([id, replicas]) => ({ id, replicas }))
  const rebalance = {
    forHash: spec.decision?.forHash ?? '',
    clusters,
    ...(target.moves === undefined ? {} : { moves: target.moves }),
  }
  const patch = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { rebalance } }
  const resource = metadata.namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
  try {
    await api.patch(resource, metadata, { type: 'merge', patch }, { fieldManager })
    return true
  } catch (error) {
    if (isError(error, 'Conflict', 'NotFound')) return false
    throw error
  }
}

/** The scheduler has looked at what was asked, and nothing is on its way any more. */
export function isOver({ spec }: Binding): boolean {
  return spec.rebalance === undefined && (spec.decision?.clusters ?? []).every(({ from }) => from === undefined)
}
