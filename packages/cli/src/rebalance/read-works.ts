// Every binding of the hub as the scheduler is asked about it, and the clusters with their costs.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import {
  clusterPropagationPolicyResource,
  propagationPolicyResource,
  type PropagationPolicy,
} from '@flotilla/api/propagation-policy'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { keyOf } from '@flotilla/machinery/object'
import type { Work } from '@flotilla/scheduler/rebalance/movable'
import { createSnapshot, type Snapshot, toClusterRow } from '@flotilla/scheduler/snapshot'
import { requestFor } from '../decisions/explain-every.ts'
import { type Binding, listBindings, listClusterBindings } from '../decisions/read-binding.ts'
import { readCostBook } from '../decisions/read-cost-book.ts'

export interface HubReading {
  readonly works: readonly Work[]
  readonly snapshot: Snapshot
  /** By the key of their work. */
  readonly bindings: ReadonlyMap<string, Binding>
}

/** Bindings whose policy has gone are left out: nothing is decided for them. `now`: milliseconds since 1970. */
export async function readWorks(hub: KubeApi, now: number): Promise<HubReading> {
  const [clusters, local, wide, book, ...bindings] = await Promise.all([
    hub.list<Cluster>(clusterResource),
    hub.list<PropagationPolicy>(propagationPolicyResource),
    hub.list<PropagationPolicy>(clusterPropagationPolicyResource),
    readCostBook(hub, { objective: {} }, now),
    listBindings(hub),
    listClusterBindings(hub),
  ])
  const policies = new Map([...local.items, ...wide.items].map((policy) => [policy.metadata.uid, policy]))
  const live = bindings.flat().filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const rows = clusters.items.map((cluster) => toClusterRow(cluster))
  return {
    works: live.flatMap((binding) => toWork(binding, policies.get(binding.spec.policy?.uid)) ?? []),
    snapshot: createSnapshot(rows, book),
    bindings: new Map(live.map((binding) => [keyOf(binding.metadata), binding])),
  }
}

function toWork(binding: Binding, policy: PropagationPolicy | undefined): Work | undefined {
  if (policy === undefined) return undefined
  return {
    key: keyOf(binding.metadata),
    priority: binding.spec.schedulePriority?.priority ?? 0,
    request: requestFor(binding, policy.spec.placement ?? {}, undefined),
  }
}
