// What an eviction would do before it is done: something has to replace what leaves, and has to have room.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { describeNeed } from './describe-room.ts'
import { freeRoom } from './estimate.ts'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import type { Snapshot } from './snapshot.ts'

export type EvictionVerdict =
  | { readonly kind: 'moves'; readonly growth: readonly Growth[] }
  | { readonly kind: 'held'; readonly reason: 'NoRoom' | 'NothingToReplace'; readonly message: string }

/** Replicas that a cluster would have more. Objects without count as one. */
export interface Growth {
  readonly name: string
  readonly id: string
  readonly replicas: number
}

/** `next`: what is decided for `request`, in which `clusterId` is evicted. */
export function judgeEviction(
  request: ScheduleRequest,
  next: Decision,
  snapshot: Snapshot,
  clusterId: string,
): EvictionVerdict {
  const growth = growthOf(request.previous, next).filter(({ id }) => id !== clusterId)
  if (growth.length === 0) return nothingGrows(next)
  const tight = growth.find((each) => each.replicas > roomOn(each, request, snapshot))
  if (tight === undefined) return { kind: 'moves', growth }
  const has = `${tight.name} would get ${tight.replicas} more and has room for ${roomOn(tight, request, snapshot)}`
  return { kind: 'held', reason: 'NoRoom', message: `${has} (${describeNeed(request.requirements)})` }
}

/** Clusters that `next` gives more than they may run now. */
export function growthOf(previous: Decision | undefined, next: Decision): readonly Growth[] {
  const before = new Map(previous?.clusters.map((entry) => [entry.id, held(entry)]))
  return next.clusters.flatMap((entry) => {
    const replicas = (entry.replicas ?? 1) - (before.get(entry.id) ?? 0)
    return replicas > 0 ? [{ name: entry.name, id: entry.id, replicas }] : []
  })
}

function held({ replicas = 1, from = 0 }: DecidedCluster): number {
  return Math.max(replicas, from)
}

function nothingGrows({ shortfall }: Decision): EvictionVerdict {
  if (shortfall !== undefined) return { kind: 'held', reason: 'NoRoom', message: shortfall.message }
  const message = 'no cluster would get more for it: those that may have it have it already'
  return { kind: 'held', reason: 'NothingToReplace', message }
}

/** Infinity where room is not known, or the division has gone by it already. */
function roomOn({ id }: Growth, request: ScheduleRequest, { byId }: Snapshot): number {
  const cluster = byId.get(id)
  if (cluster === undefined || request.replicas === undefined || isBoundByRoom(request.placement)) {
    return Number.POSITIVE_INFINITY
  }
  return freeRoom(cluster, request.requirements, request.reservedOn?.(id)) ?? Number.POSITIVE_INFINITY
}
