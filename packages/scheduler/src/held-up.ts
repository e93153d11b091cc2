// What must not go yet: what is to replace it cannot grow now, or is where nothing can be done for it now.
import { modeOf } from '@flotilla/api/placement'
import { allocate } from './allocate.ts'
import type { Allocation } from './allocation.ts'
import { isAvailable } from './filters/availability.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'

export interface HeldUp {
  /** Divided replicas that have no place only because clusters cannot grow now; until they have, so many do not go. */
  readonly missing: number
  /** Whether clusters may lose all that they have: something is to run on a cluster that can be reached and used. */
  readonly mayLeave: boolean
}

/** `allocation`: before anything is held back. */
export function judgeHeldUp(
  request: ScheduleRequest,
  allocation: Allocation,
  judged: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): HeldUp {
  if (allocation.isUndecided) return { missing: 0, mayLeave: false }
  const missing = missingForNow(request, allocation, judged, ties)
  const isAnyLeft = hasAvailable(allocation, judged)
  const isEach = request.replicas === undefined || modeOf(request.placement.replicaScheduling) === 'Duplicated'
  return isEach ? { missing: 0, mayLeave: isAnyLeft && missing === 0 } : { missing, mayLeave: isAnyLeft }
}

/** Replicas that would have a place if every cluster that people do not rule out could grow at will. */
function missingForNow(
  request: ScheduleRequest,
  { shortfall }: Allocation,
  judged: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): number {
  const missing = shortfall?.missingReplicas ?? 0
  if (missing === 0) return 0
  const growing = judged
    .filter(({ objections }) => objections.every(({ effect }) => effect !== 'Leave'))
    .map((each) => (isYielding(each) ? each : { ...each, limit: Number.POSITIVE_INFINITY }))
  if (growing.length === 0) return 0
  const atWill = allocate(request, growing, ties).shortfall?.missingReplicas ?? 0
  return Math.max(0, missing - atWill - givenUp(judged))
}

/** Replicas that go whether or not they find another place: those for whom they give way wait for that. */
function givenUp(judged: readonly Judged[]): number {
  return judged.filter(isYielding).reduce((sum, { holding, limit }) => sum + (holding?.replicas ?? 0) - limit, 0)
}

/** What gives way is not to come back while it does. */
function isYielding({ objections }: Judged): boolean {
  return objections.some(({ effect }) => effect === 'Yield')
}

/** Of a template that was scaled to zero nothing needs to be anywhere. */
function hasAvailable({ replicas }: Allocation, judged: readonly Judged[]): boolean {
  let isAnyRunning = false
  for (const { cluster } of judged) {
    const isRunning = (replicas.get(cluster.id) ?? 0) > 0
    if (isRunning && isAvailable(cluster)) return true
    isAnyRunning ||= isRunning
  }
  return !isAnyRunning && replicas.size > 0
}
