// Failure domains: what a spread constraint spreads over, and which clusters are in the same one.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { ClusterFacts } from '../facts.ts'
import { type ClusterRow, compareText } from '../snapshot.ts'

export interface Domain {
  /** For people, e.g. `eu-west-1`. */
  readonly name: string
  /** Places of its clusters in the list that was grouped. */
  readonly members: readonly number[]
}

/** What it spreads over, e.g. `region` or `label rack`. */
export function topologyOf({ spreadByField, spreadByLabel }: SpreadConstraint): string {
  return spreadByField ?? `label ${spreadByLabel ?? ''}`
}

/** Of its rules, those that may leave something without a place. */
export const spreadRules = ['minGroups', 'maxGroups', 'maxSharePercent', 'maxSkew'] as const
export type SpreadRule = (typeof spreadRules)[number]

/** E.g. `maxGroups 2 by region`. */
export function describeRule(constraint: SpreadConstraint, rule: SpreadRule): string {
  return `${rule} ${constraint[rule]} by ${topologyOf(constraint)}`
}

/** Values that place a cluster; none: it is in no domain. Zones of equal names in different regions are two zones. */
export function domainKeys(
  { spreadByField, spreadByLabel }: SpreadConstraint,
  cluster: ClusterFacts,
): readonly string[] {
  switch (spreadByField) {
    case 'cluster':
      return [cluster.name]
    case 'region':
    case 'provider':
      return cluster[spreadByField] === '' ? [] : [cluster[spreadByField]]
    case 'zone':
      return cluster.zones.map((zone) => (cluster.region === '' ? zone : `${cluster.region}/${zone}`))
  }
  const value = cluster.labels[spreadByLabel ?? '']
  return value === undefined ? [] : [value]
}

/**
 * Domains by name. Clusters that share a zone are in one domain, with all zones that any of them has: what fails
 * with one zone is never spread over. Clusters without a domain are left out.
 */
export function groupByDomain(constraint: SpreadConstraint, clusters: readonly ClusterRow[]): readonly Domain[] {
  const groups = new Map<string, { keys: Set<string>; members: number[] }>()
  for (const [index, cluster] of clusters.entries()) {
    const keys = domainKeys(constraint, cluster)
    if (keys.length === 0) continue
    const merged = { keys: new Set(keys), members: [index] }
    for (const group of new Set(keys.map((key) => groups.get(key)))) {
      if (group === undefined) continue
      merged.members.push(...group.members)
      for (const key of group.keys) merged.keys.add(key)
    }
    for (const key of merged.keys) groups.set(key, merged)
  }
  return [...new Set(groups.values())]
    .map(({ keys, members }) => ({
      name: [...keys].sort(compareText).join('+'),
      members: members.sort((left, right) => left - right),
    }))
    .sort((left, right) => compareText(left.name, right.name))
}
