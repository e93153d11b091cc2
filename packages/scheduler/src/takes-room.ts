// Whether a decision takes room that others may want too.
import type { Decision } from '@flotilla/api/resource-binding'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'

/** Never in modes that do not go by room: others get what those leave. */
export function takesRoom({ placement, previous }: ScheduleRequest, { clusters }: Decision): boolean {
  if (!isBoundByRoom(placement)) return false
  const held = new Map(previous?.clusters.map(({ id, replicas = 0 }) => [id, replicas]))
  return clusters.some(({ id, replicas = 0 }) => replicas > (held.get(id) ?? 0))
}
