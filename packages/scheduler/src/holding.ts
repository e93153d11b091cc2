// What the previous decision has each cluster hold. Objects without replicas count as one.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { divideReplicas } from './divide.ts'

export interface Holding {
  readonly entry: DecidedCluster
  /** What may run there now: the larger of what it had and what it is to have. */
  readonly replicas: number
  /** What it is known to have had before anything moved: what must not shrink until growth elsewhere is ready. */
  readonly base: number
}

/**
 * By cluster id. While the growth of `previous` is not ready, what a cluster had before is still what counts; once
 * it is, clusters that were only kept for its sake (0 replicas, some before) hold nothing any more, but for `kept`
 * replicas, in total, that nothing replaces yet.
 */
export function holdingsOf(
  previous: Decision | undefined,
  isGrowthReady: boolean,
  isWhole: boolean,
  kept = 0,
): ReadonlyMap<string, Holding> {
  const holdings = new Map<string, Holding>()
  const entries = previous?.clusters ?? []
  // Where nothing grows that could be ready, what is leaving waits for clusters that can grow.
  const hasMoved = isGrowthReady && entries.some(isGrowing)
  const stays = hasMoved ? keepOf(kept, entries, isWhole) : []
  for (const [index, entry] of entries.entries()) {
    const asked = count(entry.replicas, isWhole)
    const base = hasMoved ? asked + (stays[index] ?? 0) : count(entry.from ?? entry.replicas, isWhole)
    if (hasMoved && isLeaving(entry) && base === 0) continue
    holdings.set(entry.id, { entry, base, replicas: Math.max(asked, base) })
  }
  return holdings
}

/** Of what each entry had besides what it is to have, its part of `kept`. */
function keepOf(kept: number, entries: readonly DecidedCluster[], isWhole: boolean): readonly number[] {
  const shares = entries.map(({ replicas, from }, tie) => {
    const surplus = Math.max(0, count(from ?? replicas, isWhole) - count(replicas, isWhole))
    return { weight: surplus, min: 0, max: surplus, tie }
  })
  const most = shares.reduce((sum, { max }) => sum + max, 0)
  return divideReplicas(Math.min(kept, most), shares)
}

/** True for a cluster that was dropped and is kept until growth elsewhere is ready. */
export function isLeaving({ replicas, from }: DecidedCluster): boolean {
  return replicas === 0 && from !== undefined && from > 0
}

/** True for a cluster that is to have more than before; an object without replicas counts as one. */
export function isGrowing({ replicas, from }: DecidedCluster): boolean {
  return from !== undefined && (replicas ?? 1) > from
}

function count(replicas: number | undefined, isWhole: boolean): number {
  return isWhole ? Math.min(replicas ?? 1, 1) : (replicas ?? 0)
}
