// Why a cluster loses what it holds: because people's rules take it away, or because something that has guards of its own
// has moved it.
import { modeOf, type Placement } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import { countOf } from './counts.ts'
import { isOfRequest } from './inputs.ts'
import { drainTaint } from './plan/patches.ts'
import type { ScheduleRequest } from './request.ts'
import type { ClusterRow, Snapshot } from './snapshot.ts'
import { prepareView } from './views.ts'
import { prepareWeights } from './weights.ts'

/**
 * Evicted: failover, a NoExecute taint whose time is over, or a person has moved it away. Drained: a person has ordered
 * everything away from the cluster. Preempted: it gives way to others. Moved: all that is wanted is elsewhere, on clusters
 * that it may use as well as this one. NoLongerScheduled: none of these, as when a policy, a label or a taint was edited.
 */
export type CauseOfLoss = 'Evicted' | 'Drained' | 'Preempted' | 'Moved' | 'NoLongerScheduled'

/** Asked of clusters that `request.previous` names and `next` does not. */
export function prepareCauses(
  request: ScheduleRequest,
  next: Decision,
  snapshot: Snapshot,
): (clusterId: string) => CauseOfLoss {
  const viewOf = prepareView(request, snapshot)
  return (id) => {
    if (request.evicted?.has(id) === true) return 'Evicted'
    const cluster = snapshot.byId.get(id)
    if (!cluster) return 'NoLongerScheduled'
    if (cluster.taints.some(({ key, effect }) => key === drainTaint.key && effect === drainTaint.effect))
      return 'Drained'
    const { objections } = viewOf(cluster, snapshot.clusters.indexOf(cluster))
    if (objections.some(({ effect }) => effect === 'Leave')) return 'NoLongerScheduled'
    if (objections.some(({ effect }) => effect === 'Yield')) return 'Preempted'
    return mayHave(request.placement, cluster) && isAllElsewhere(request, next) ? 'Moved' : 'NoLongerScheduled'
  }
}

function mayHave({ replicaScheduling }: Placement, cluster: ClusterRow): boolean {
  switch (modeOf(replicaScheduling)) {
    case 'Counts':
      return countOf(replicaScheduling?.counts ?? [], cluster) > 0
    case 'Weighted':
      return prepareWeights(replicaScheduling?.weightPreference?.staticWeightList)(cluster).weight > 0
    default:
      return true
  }
}

/** All that is wanted, which is no less than before unless the template was scaled down. */
function isAllElsewhere(request: ScheduleRequest, next: Decision): boolean {
  const { replicas: wanted, previous, placement } = request
  if (wanted === undefined || !previous || modeOf(placement.replicaScheduling) === 'Duplicated') return false
  const [before, after] = [totalOf(previous), totalOf(next)]
  const isLess = before > wanted
  const wasScaled = isOfRequest(previous.explanation.inputHash, { ...request, replicas: before })
  return after >= wanted && (!isLess || wasScaled)
}

function totalOf({ clusters, shortfall }: Decision): number {
  const placed = clusters.reduce((sum, { replicas = 1 }) => sum + replicas, 0)
  return placed + (shortfall?.missingReplicas ?? 0)
}
