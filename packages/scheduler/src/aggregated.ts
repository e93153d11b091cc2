// Aggregated: on few clusters, each filled before the next is begun; those that hold replicas first.
import { byRoom, type Candidate, heldBy } from './candidate.ts'
import type { Judged } from './judge.ts'

/**
 * Each cluster's place in the order of filling is its cost. Of a tier those that hold most come first, then those
 * with most room: taking the largest first needs the fewest. Scaling down empties in reverse.
 */
export function rankByRoom(feasible: readonly Judged[], ties: ReadonlyMap<string, number>): readonly Candidate[] {
  const tieOf = ({ cluster }: Judged) => ties.get(cluster.id) ?? 0
  const ranked = feasible.toSorted(
    (one, other) =>
      one.tier - other.tier ||
      heldBy(other) - heldBy(one) ||
      compareRoom(other.limit, one.limit) ||
      tieOf(one) - tieOf(other),
  )
  return ranked.map((judged, rank) => ({
    ...byRoom(judged, { tie: tieOf(judged), held: heldBy(judged), heldCost: rank, cost: ranked.length + rank }),
    isUsable: rank === 0 || judged.holding !== undefined,
  }))
}

/** Unlike subtraction takes Infinity. */
function compareRoom(left: number, right: number): number {
  return left === right ? 0 : left < right ? -1 : 1
}
