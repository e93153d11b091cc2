// Where a workload that has no place could have one if there were room. Pure.
import { holdingsOf } from '../holding.ts'
import { judgeClusters } from '../judge.ts'
import type { ScheduleRequest } from '../request.ts'
import type { ClusterRow, Snapshot } from '../snapshot.ts'

/** Clusters that no filter speaks against, by name. */
export function placesFor(request: ScheduleRequest, snapshot: Snapshot): readonly ClusterRow[] {
  const holdings = holdingsOf(request.previous, request.isGrowthReady, request.replicas === undefined)
  return judgeClusters(request, snapshot, holdings)
    .filter(({ objections }) => objections.length === 0)
    .map(({ cluster }) => cluster)
}
