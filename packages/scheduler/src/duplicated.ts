// Duplicated: all replicas on each cluster that fits.
import { type Allocation, describeLimit, nameSome } from './allocation.ts'
import type { Judged } from './judge.ts'

export function allocateDuplicated(replicas: number, feasible: readonly Judged[]): Allocation {
  const placed = new Map(feasible.map(({ cluster, limit }) => [cluster.id, Math.min(replicas, limit)]))
  const limited = feasible.filter(({ limit }) => limit < replicas)
  if (limited.length === 0) return { replicas: placed }
  const missingReplicas = limited.reduce((total, { limit }) => total + replicas - limit, 0)
  const message = `${replicas} replicas wanted on each cluster: ${nameSome(limited.map(describeLimit))}`
  return { replicas: placed, shortfall: { reason: 'PartiallyPlaced', message, missingReplicas } }
}
