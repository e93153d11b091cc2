// Spreads copies, of which each cluster gets one: objects without replicas, and Duplicated.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Judged } from '../judge.ts'
import { chooseDomains } from './choose-domains.ts'
import { groupByDomain, topologyOf } from './domain.ts'

export interface ClusterChoice {
  readonly clusters: readonly Judged[]
  readonly unmet?: string
}

/** Clusters of the domains that are used: those that have copies first, then by `ties`. */
export function chooseClusters(
  constraint: SpreadConstraint,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): ClusterChoice {
  const { minGroups = 1, maxGroups = Number.POSITIVE_INFINITY } = constraint
  const domains = groupByDomain(
    constraint,
    feasible.map(({ cluster }) => cluster),
  )
  const offers = domains.map(({ members }) => {
    const clusters = members.flatMap((member) => feasible[member] ?? [])
    return {
      held: clusters.filter(({ holding }) => holding !== undefined).length,
      room: 1,
      weight: 1,
      tie: Math.min(...clusters.map(({ cluster }) => ties.get(cluster.id) ?? 0)),
    }
  })
  const { chosen } = chooseDomains(domains.length, offers, maxGroups)
  const used = new Set(chosen.flatMap((index) => domains[index]?.members ?? []))
  const clusters = feasible.filter((_, index) => used.has(index))
  if (domains.length >= minGroups) return { clusters }
  return {
    clusters,
    unmet: `minGroups ${minGroups}: only ${domains.length} by ${topologyOf(constraint)} can be used`,
  }
}
