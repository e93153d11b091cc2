// Verdicts on all clusters: the stored explanation keeps 32 of them, the rest come from deciding again.
import type { Placement } from '@flotilla/api/placement'
import {
  clusterPropagationPolicyResource,
  propagationPolicyResource,
  type PropagationPolicy,
} from '@flotilla/api/propagation-policy'
import { isPinned } from '@flotilla/api/reschedule'
import type { PolicyRef, Verdict } from '@flotilla/api/resource-binding'
import { readClusters } from './read-hub.ts'
import { loadCelFor } from '@flotilla/machinery/cel/program'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { explainAll } from '@flotilla/scheduler/schedule'
import { createSnapshot, type ClusterRow } from '@flotilla/scheduler/snapshot'
import type { Binding } from '../hub.ts'
import { costBookFor } from './cost-book-for.ts'
import { requestNow } from './request-now.ts'

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
  const [found, { rows }] = await Promise.all([policy && readPolicy(hub, policy), readClusters(hub)])
  const clusters = new Map(rows.map((row) => [row.name, row]))
  const stored = decision?.explanation.clusters ?? []
  const placement = found && (found.spec.placement ?? {})
  if (found === undefined || placement === undefined || stored.length >= rows.length)
    return { verdicts: stored, placement, clusters }
  const snapshot = createSnapshot(rows, await costBookFor(hub, placement, now))
  const pinned = isPinned(found.spec.reschedule, found.status)
  const request = { ...(await requestNow(hub, binding, placement)), isPinned: pinned }
  const { explanation } = explainAll(request, snapshot, { trigger: 'Explain' })
  return { verdicts: explanation.clusters, placement, clusters }
}

export async function readPolicy(hub: KubeApi, { kind, namespace, name, uid }: PolicyRef) {
  const isLocal = kind === 'PropagationPolicy'
  try {
    const key = isLocal && namespace !== undefined ? { name, namespace } : { name }
    const policy = await hub.get<PropagationPolicy>(
      isLocal ? propagationPolicyResource : clusterPropagationPolicyResource,
      key,
    )
    await loadCelFor([policy.spec])
    return policy.metadata.uid === uid ? policy : undefined
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}
