// Verdicts on all clusters: the stored explanation keeps 32 of them, the rest come from deciding again.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import type { Placement } from '@flotilla/api/placement'
import {
  clusterPropagationPolicyResource,
  propagationPolicyResource,
  type PropagationPolicy,
} from '@flotilla/api/propagation-policy'
import type { PolicyRef, Verdict } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Neighbours } from '@flotilla/scheduler/neighbours'
import { explainAll } from '@flotilla/scheduler/schedule'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import { createSnapshot, toClusterRow, type ClusterRow } from '@flotilla/scheduler/snapshot'
import type { Binding } from './read-binding.ts'
import { readCostBook } from './read-cost-book.ts'
import { readNeighbours } from './read-neighbours.ts'

export interface Explained {
  readonly verdicts: readonly Verdict[]
  /** Of the policy; none: it has gone. */
  readonly placement: Placement | undefined
  /** All that are registered, by name. */
  readonly clusters: ReadonlyMap<string, ClusterRow>
}

/**
 * As the clusters are now. The decision itself, and what it was made of, are in the binding. `now`: milliseconds since
 * 1970.
 */
export async function explainEvery(hub: KubeApi, binding: Binding, now: number): Promise<Explained> {
  const { decision, policy } = binding.spec
  const [found, { items }] = await Promise.all([policy && readPolicy(hub, policy), hub.list<Cluster>(clusterResource)])
  const clusters = new Map(items.map((cluster) => [cluster.metadata.name, toClusterRow(cluster)]))
  const stored = decision?.explanation.clusters ?? []
  const placement = found && (found.spec.placement ?? {})
  if (placement === undefined || stored.length >= items.length) return { verdicts: stored, placement, clusters }
  const snapshot = createSnapshot(clusters.values(), await readCostBook(hub, placement, now))
  const request = requestFor(binding, placement, await readNeighbours(hub, binding))
  const { explanation } = explainAll(request, snapshot, { trigger: 'Explain' })
  return { verdicts: explanation.clusters, placement, clusters }
}

/** As the hub asks it, but for what it keeps in mind: room that it has just given away. */
export function requestFor(
  { spec: { decision, workloads } }: Binding,
  placement: Placement,
  neighbours: Neighbours | undefined,
): ScheduleRequest {
  const [workload] = workloads
  const component = workload?.components[0]
  return {
    templateUID: workload?.ref.uid ?? '',
    apiVersion: workload?.ref.apiVersion ?? '',
    kind: workload?.ref.kind ?? '',
    ...(workload?.ref.namespace === undefined ? {} : { namespace: workload.ref.namespace }),
    ...(workload === undefined ? {} : { name: workload.ref.name }),
    placement,
    isGrowthReady: true,
    ...(neighbours && { neighbours }),
    ...(component ? { replicas: component.replicas } : {}),
    ...(component?.completions === undefined ? {} : { completions: component.completions }),
    ...(component?.replicaRequirements ? { requirements: component.replicaRequirements } : {}),
    ...(decision ? { previous: decision } : {}),
  }
}

export async function readPolicy(hub: KubeApi, { kind, namespace, name, uid }: PolicyRef) {
  const isLocal = kind === 'PropagationPolicy'
  try {
    const key = isLocal && namespace !== undefined ? { name, namespace } : { name }
    const policy = await hub.get<PropagationPolicy>(
      isLocal ? propagationPolicyResource : clusterPropagationPolicyResource,
      key,
    )
    return policy.metadata.uid === uid ? policy : undefined
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}
