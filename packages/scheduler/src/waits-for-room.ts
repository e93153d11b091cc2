// Whether a decision is to be looked at again while nothing but free room changes.
import type { Decision } from '@flotilla/api/resource-binding'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import type { ClusterRow, Snapshot } from './snapshot.ts'
import { prepareTiers } from './tier.ts'

/** Something has no place, or one in a later tier than it might. */
export function waitsForRoom({ placement }: ScheduleRequest, decision: Decision, { byId }: Snapshot): boolean {
  if (!isBoundByRoom(placement)) return false
  const tierOf = prepareTiers(placement)
  const isLater = (cluster: ClusterRow | undefined) => cluster !== undefined && (tierOf(cluster) ?? 0) > 0
  return decision.shortfall !== undefined || decision.clusters.some(({ id }) => isLater(byId.get(id)))
}
