// Where a rebalance wants the replicas of a binding.
import type { Binding } from '../../hub.ts'

/** Replicas by cluster id; undefined: there is none, or it was planned from another decision than the one in force. */
export function targetOf({ spec: { decision, rebalance } }: Binding): ReadonlyMap<string, number> | undefined {
  if (rebalance === undefined || rebalance.forHash !== decision?.forHash) return undefined
  return new Map(rebalance.clusters.map(({ id, replicas }) => [id, replicas]))
}
