// Weighted by room, or by costs: what is placed stays, growth goes where the next replica costs least, scaling down takes
// where the last costs most. Equal costs are divided in proportion to room, or evenly.
import { byRoom, type Candidate, growthLevel } from './candidate.ts'
import type { Judged } from './judge.ts'

/**
 * Held replicas are of a lower level than others: so a division starts from the current one, in both directions. Of
 * both, those of later tiers are of a higher one. `isEven`: all clusters weigh the same, however much room they have.
 */
export function weighByRoom(
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
  isEven: boolean,
): readonly Candidate[] {
  const tiers = Math.max(...feasible.map(({ tier }) => tier)) + 1
  return feasible.map((judged) => {
    const { cluster, tier } = judged
    const levels = { held: tier, growth: tiers + growthLevel(judged) }
    return byRoom(judged, ties.get(cluster.id) ?? 0, levels, isEven ? 1 : judged.limit)
  })
}
