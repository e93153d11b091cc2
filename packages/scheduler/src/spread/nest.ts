// Orders spread constraints from coarse to fine. Only where each domain of one lies in a single domain of the one
// before it do bounds of all of them make a tree, in which dividing and choosing stay exact.
import type { SpreadConstraint } from '@flotilla/api/placement'
import { nameSome } from '../allocation.ts'
import type { ClusterRow } from '../snapshot.ts'
import { type Domain, groupByDomain, topologyOf } from './domain.ts'

/** One constraint and its domains. */
export interface Level {
  readonly constraint: SpreadConstraint
  readonly domains: readonly Domain[]
  /** By place in the list of clusters: the place of its domain in `domains`; none for a cluster that is in none. */
  readonly domainOf: readonly (number | undefined)[]
}

/** Coarse to fine: a constraint whose domains lie in those of another has at least as many. */
export function nestLevels(
  constraints: readonly SpreadConstraint[],
  clusters: readonly ClusterRow[],
): readonly Level[] {
  return constraints
    .map((constraint) => toLevel(constraint, clusters))
    .sort((one, other) => one.domains.length - other.domains.length)
}

function toLevel(constraint: SpreadConstraint, clusters: readonly ClusterRow[]): Level {
  const domains = groupByDomain(constraint, clusters)
  const domainOf = Array.from<number | undefined>({ length: clusters.length })
  for (const [index, { members }] of domains.entries()) for (const member of members) domainOf[member] = index
  return { constraint, domains, domainOf }
}

/** Which two constraints have domains that overlap without one lying in the other, and whose; undefined: none do. */
export function describeCrossing(
  constraints: readonly SpreadConstraint[],
  clusters: readonly ClusterRow[],
): string | undefined {
  if (constraints.length < 2) return undefined
  const levels = nestLevels(constraints, clusters)
  for (const [index, fine] of levels.entries()) {
    const coarse = levels[index - 1]
    const torn = coarse && fine.domains.find(({ members }) => domainsAt(coarse, members).size > 1)
    if (coarse && torn) return describeTorn(coarse, fine, torn, clusters)
  }
  return undefined
}

function describeTorn(coarse: Level, fine: Level, torn: Domain, clusters: readonly ClusterRow[]): string {
  const [outer, inner] = [topologyOf(coarse.constraint), topologyOf(fine.constraint)]
  const parts = [...domainsAt(coarse, torn.members)].map(([domain, members]) => {
    const names = members.map((member) => clusters[member]?.name ?? '')
    return `${outer} ${coarse.domains[domain]?.name} (${nameSome(names, 3)})`
  })
  return (
    `spreadConstraints by ${outer} and by ${inner} cross: ${inner} ${torn.name} has clusters of ${nameSome(parts, 3)}; ` +
    `leave one of the two out, or have each ${inner} lie in one ${outer}`
  )
}

/** Members by the place of their domain. */
function domainsAt({ domainOf }: Level, members: readonly number[]): ReadonlyMap<number, readonly number[]> {
  return Map.groupBy(members, (member) => domainOf[member] ?? -1)
}
