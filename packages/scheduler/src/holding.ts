// What the previous decision has each cluster hold. Objects without replicas count as one.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'

export interface Holding {
  readonly entry: DecidedCluster
  /** What may run there now: the larger of what it had and what it is to have. */
  readonly replicas: number
  /** What it is known to have had before anything moved: what must not shrink until growth elsewhere is ready. */
  readonly base: number
}

/**
 * By cluster id. While the growth of `previous` is not ready, what a cluster had before is still what counts; once
 * it is, clusters that were only kept for its sake (0 replicas, some before) hold nothing any more.
 */
export function holdingsOf(
  previous: Decision | undefined,
  isGrowthReady: boolean,
  isWhole: boolean,
): ReadonlyMap<string, Holding> {
  const holdings = new Map<string, Holding>()
  const entries = previous?.clusters ?? []
  // Where every cluster is leaving, nothing grows that could be ready: these are the last copies.
  const hasMoved = isGrowthReady && !entries.every(isLeaving)
  for (const entry of entries) {
    if (hasMoved && isLeaving(entry)) continue
    const asked = count(entry.replicas, isWhole)
    const base = hasMoved ? asked : count(entry.from ?? entry.replicas, isWhole)
    holdings.set(entry.id, { entry, base, replicas: Math.max(asked, base) })
  }
  return holdings
}

/** True for a cluster that was dropped and is kept until growth elsewhere is ready. */
export function isLeaving({ replicas, from }: DecidedCluster): boolean {
  return replicas === 0 && from !== undefined && from > 0
}

function count(replicas: number | undefined, isWhole: boolean): number {
  return isWhole ? Math.min(replicas ?? 1, 1) : (replicas ?? 0)
}
