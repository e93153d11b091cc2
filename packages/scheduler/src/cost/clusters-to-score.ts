// Which clusters an external scorer is asked about: those that may have replicas, as far as is known without it.
import { holdingsOf } from '../holding.ts'
import { judgeClusters } from '../judge.ts'
import type { ScheduleRequest } from '../request.ts'
import type { ClusterRow, Snapshot } from '../snapshot.ts'

export function clustersToScore(request: ScheduleRequest, snapshot: Snapshot): readonly ClusterRow[] {
  const { scores: _, ...asked } = request
  const holdings = holdingsOf(asked.previous, asked.isGrowthReady, asked.replicas === undefined)
  return judgeClusters(asked, snapshot, holdings).flatMap(({ cluster, isFeasible }) => (isFeasible ? [cluster] : []))
}
