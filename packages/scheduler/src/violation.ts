// What runs where a rule does not let it, or no more: nothing takes it away in a hurry, so a condition says it.
import type { DecidedCluster, Shortfall } from '@flotilla/api/resource-binding'
import { nameSome } from './allocation.ts'
import type { Judged } from './judge.ts'

/** Filters that are promises about what runs, not only about what is added, and the reason that a condition gives. */
const reasons: Readonly<Record<string, string>> = {
  Compliance: 'NotCompliant',
  WorkloadAffinity: 'AffinityViolated',
  WorkloadAntiAffinity: 'AntiAffinityViolated',
}

/** Whether a condition says so where the filter speaks against what runs. */
export function isPromise(filter: string): boolean {
  return reasons[filter] !== undefined
}

export function explainViolation(
  judged: readonly Judged[],
  clusters: readonly DecidedCluster[],
): Shortfall | undefined {
  const opposed = judged.filter(({ objections }) => objections.length > 0)
  if (opposed.length === 0) return undefined
  const running = new Map(clusters.map((entry) => [entry.id, runningOf(entry)]))
  const violations = opposed.flatMap(({ cluster, objections }) => {
    const count = running.get(cluster.id) ?? 0
    const broken = count > 0 ? objections.filter(({ filter }) => reasons[filter] !== undefined) : []
    return broken.map(({ filter, describe }) => ({ filter, text: `${cluster.name} still has ${count}: ${describe()}` }))
  })
  const [first] = violations
  if (first === undefined) return undefined
  const message = nameSome(violations.map(({ text }) => text).sort(), 3)
  return { reason: reasons[first.filter] ?? first.filter, message, missingReplicas: 0 }
}

/** Objects without replicas count as one. */
function runningOf({ replicas = 1, from = 0 }: DecidedCluster): number {
  return Math.max(replicas, from)
}
