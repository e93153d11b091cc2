// Weighted, dynamic: in proportion to room. What is placed stays: growth adds, scaling down takes where least fits.
import { byRoom, type Candidate, heldBy } from './candidate.ts'
import type { Judged } from './judge.ts'

/**
 * Held replicas cost less than others: so a division starts from the current one, in both directions. Of both, those
 * of later tiers cost more.
 */
export function weighByRoom(feasible: readonly Judged[], ties: ReadonlyMap<string, number>): readonly Candidate[] {
  const tiers = Math.max(...feasible.map(({ tier }) => tier)) + 1
  return feasible.map((judged) => {
    const { cluster, tier } = judged
    const tie = ties.get(cluster.id) ?? 0
    return byRoom(judged, { tie, held: heldBy(judged), heldCost: tier, cost: tiers + tier })
  })
}
