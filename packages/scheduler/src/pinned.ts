// What a policy that reschedules nothing keeps in place: what only labels, tiers and other clusters would move.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { clusterAffinity } from './filters/cluster-affinity.ts'
import type { NamedObjection } from './filters/filter.ts'
import { spreadDomain } from './filters/spread-domain.ts'
import { isOfRequest } from './inputs.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'

const ofLabels: ReadonlySet<string> = new Set([clusterAffinity.name, spreadDomain.name])

/** A pin holds as long as template and policy ask for what was decided; an edit is decided as a whole. */
export function withPin({ isPinned = false, ...request }: ScheduleRequest): ScheduleRequest {
  const { previous } = request
  const holds = isPinned && previous !== undefined && isOfRequest(previous.explanation.inputHash, request)
  return holds ? { ...request, isPinned } : request
}

/** Whether what the cluster holds leaves it. */
export function mustLeave(objections: readonly NamedObjection[], isPinned: boolean): boolean {
  return objections.some(({ effect, filter }) => effect === 'Leave' && !(isPinned && ofLabels.has(filter)))
}

/**
 * Whether the pin keeps `next` from being decided: it takes replicas from clusters that need not lose any. While a move
 * is under way it goes on.
 */
export function staysPinned(
  previous: Decision,
  next: readonly DecidedCluster[],
  judged: readonly Judged[],
  { isPinned = false }: ScheduleRequest,
): boolean {
  if (!isPinned || previous.clusters.some(({ from }) => from !== undefined)) return false
  const objections = new Map(judged.map((each) => [each.cluster.id, each.objections]))
  const replicasNext = new Map(next.map(({ id, replicas = 1 }) => [id, replicas]))
  const shrinking = previous.clusters.filter(({ id, replicas = 1 }) => (replicasNext.get(id) ?? 0) < replicas)
  const isForced = ({ id }: DecidedCluster) => {
    const against = objections.get(id)
    return against === undefined || mustLeave(against, isPinned)
  }
  return shrinking.length > 0 && !shrinking.some(isForced)
}
