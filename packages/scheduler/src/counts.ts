// Counts: as many replicas on each cluster as the policy says, never more in total than the template has.
import type { ReplicaCount } from '@flotilla/api/placement'
import type { Shortfall } from '@flotilla/api/resource-binding'
import { matchAffinity } from './affinity.ts'
import { type Allocation, describeLimit, nameSome } from './allocation.ts'
import type { Judged } from './judge.ts'
import type { ClusterRow } from './snapshot.ts'

/** What the first entry that selects the cluster says; 0: none does. */
export function countOf(counts: readonly ReplicaCount[], cluster: ClusterRow): number {
  return counts.find(({ targetCluster }) => matchAffinity(targetCluster)(cluster) === undefined)?.replicas ?? 0
}

interface Counted {
  readonly judged: Judged
  readonly count: number
}

/**
 * Entries are served in their order, clusters of one entry in that of `ties`, until the template's replicas are
 * used up: so one more replica never takes one away. For the cluster `forced` one is kept, if its count is any.
 */
export function allocateCounts(
  replicas: number,
  counts: readonly ReplicaCount[],
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
  forced?: string,
): Allocation {
  const counted = countedClusters(counts, feasible, ties)
  const placed = new Map<string, number>()
  let left = replicas
  let kept = counted.some(({ judged, count }) => judged.cluster.id === forced && count > 0) ? 1 : 0
  for (const { judged, count } of counted) {
    if (judged.cluster.id === forced) kept = 0
    const taken = Math.max(0, Math.min(count, judged.limit, left - kept))
    left -= taken
    if (taken > 0 || (replicas === 0 && count > 0)) placed.set(judged.cluster.id, taken)
  }
  const shortfall = explainShortfall(replicas, left, counted)
  return { replicas: placed, ...(shortfall === undefined ? {} : { shortfall }) }
}

function countedClusters(
  counts: readonly ReplicaCount[],
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): readonly Counted[] {
  const rest = new Set(feasible.toSorted((one, other) => tieOf(one, ties) - tieOf(other, ties)))
  const counted: Counted[] = []
  for (const { targetCluster, replicas } of counts) {
    const match = matchAffinity(targetCluster)
    for (const judged of rest) {
      if (match(judged.cluster) !== undefined) continue
      counted.push({ judged, count: replicas })
      rest.delete(judged)
    }
  }
  return counted
}

function tieOf({ cluster }: Judged, ties: ReadonlyMap<string, number>): number {
  return ties.get(cluster.id) ?? 0
}

function explainShortfall(replicas: number, left: number, counted: readonly Counted[]): Shortfall | undefined {
  const asked = counted.reduce((total, { count }) => total + count, 0)
  if (left > 0) {
    const limited = counted
      .filter(({ judged, count }) => judged.limit < count)
      .map(({ judged }) => describeLimit(judged))
    const why = limited.length > 0 ? `: ${nameSome(limited)}` : ''
    const message = `counts place ${replicas - left} of ${replicas} replicas on the clusters that fit${why}`
    return { reason: 'PartiallyPlaced', message, missingReplicas: left }
  }
  if (asked <= replicas || replicas === 0) return undefined
  const message = `counts ask for ${asked} replicas, the template has ${replicas}: the last entries go short`
  return { reason: 'CountsExceedReplicas', message, missingReplicas: 0 }
}
