// Weighted, dynamic: in proportion to room. What is placed stays: growth adds, scaling down takes where least fits.
import { byRoom, type Candidate, heldBy } from './candidate.ts'
import type { Judged } from './judge.ts'

/** Held replicas cost nothing, others 1: so a division starts from the current one, in both directions. */
export function weighByRoom(feasible: readonly Judged[], ties: ReadonlyMap<string, number>): readonly Candidate[] {
  return feasible.map((judged) =>
    byRoom(judged, { tie: ties.get(judged.cluster.id) ?? 0, held: heldBy(judged), heldCost: 0, cost: 1 }),
  )
}
