// What gave way on a cluster stays there with no replicas while some have no place: with the object would go what follows
// it, claims of volumes among them.
import type { Allocation } from './allocation.ts'
import { isLeaving } from './holding.ts'
import type { Judged } from './judge.ts'

/** `allocation` itself where nothing stands at zero. */
export function standAtZero(allocation: Allocation, feasible: readonly Judged[]): Allocation {
  if ((allocation.shortfall?.missingReplicas ?? 0) === 0) return allocation
  const empty = feasible.filter((judged) => !allocation.replicas.has(judged.cluster.id) && hasStood(judged))
  if (empty.length === 0) return allocation
  return {
    ...allocation,
    replicas: new Map([...allocation.replicas, ...empty.map(({ cluster }) => [cluster.id, 0] as const)]),
  }
}

function hasStood({ holding, objections }: Judged): boolean {
  if (holding === undefined) return false
  const isEmpty = holding.entry.replicas === 0 && !isLeaving(holding.entry)
  return isEmpty || objections.some(({ effect }) => effect === 'Yield')
}
