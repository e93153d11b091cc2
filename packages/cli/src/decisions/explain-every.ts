// Verdicts on all clusters: the stored explanation keeps 32 of them, the rest come from deciding again.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import {
  clusterPropagationPolicyResource,
  propagationPolicyResource,
  type PropagationPolicy,
} from '@flotilla/api/propagation-policy'
import type { PolicyRef, Verdict } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { explainAll } from '@flotilla/scheduler/schedule'
import { createSnapshot, toClusterRow } from '@flotilla/scheduler/snapshot'
import type { Binding } from './read-binding.ts'

/** As the clusters are now. The decision itself, and what it was made of, are in the binding. */
export async function explainEvery(hub: KubeApi, binding: Binding): Promise<readonly Verdict[]> {
  const { decision, policy, workloads } = binding.spec
  const stored = decision?.explanation.clusters ?? []
  const found = policy && (await readPolicy(hub, policy))
  if (found === undefined) return stored
  const { items } = await hub.list<Cluster>(clusterResource)
  if (stored.length >= items.length) return stored
  const [workload] = workloads
  const component = workload?.components[0]
  const request = {
    templateUID: workload?.ref.uid ?? '',
    apiVersion: workload?.ref.apiVersion ?? '',
    kind: workload?.ref.kind ?? '',
    placement: found.spec.placement ?? {},
    isGrowthReady: true,
    ...(component ? { replicas: component.replicas } : {}),
    ...(component?.completions === undefined ? {} : { completions: component.completions }),
    ...(component?.replicaRequirements ? { requirements: component.replicaRequirements } : {}),
    ...(decision ? { previous: decision } : {}),
  }
  const snapshot = createSnapshot(items.map((cluster) => toClusterRow(cluster)))
  return explainAll(request, snapshot, { trigger: 'Explain' }).explanation.clusters
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
