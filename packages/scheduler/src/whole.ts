// Objects without replicas: every cluster that fits gets the object as it is.
import type { Allocation } from './allocation.ts'
import type { Judged } from './judge.ts'

export function allocateWhole(feasible: readonly Judged[]): Allocation {
  return { replicas: new Map(feasible.map(({ cluster }) => [cluster.id, 1])) }
}
