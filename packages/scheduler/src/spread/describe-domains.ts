// Which failure domains hold how many replicas, and which is the one that is asked about.
import type { SpreadConstraint } from '@flotilla/api/placement'
import { nameSome } from '../allocation.ts'
import type { Case } from '../case.ts'
import { groupByDomain, topologyOf } from './domain.ts'

/** E.g. `by region eu has 5, us has 5; it is in ap, which has 0`. */
export function describeDomains(constraint: SpreadConstraint, { judged, it, decision }: Case): string {
  const usable = judged.filter((one) => one.isFeasible || one === it)
  const replicas = new Map(decision.clusters.map((entry) => [entry.id, entry.replicas ?? 1]))
  const domains = groupByDomain(
    constraint,
    usable.map(({ cluster }) => cluster),
  ).map(({ name, members }) => ({
    has: members.reduce((sum, member) => sum + (replicas.get(usable[member]?.cluster.id ?? '') ?? 0), 0),
    isIts: members.some((member) => usable[member] === it),
    name,
  }))
  const used = domains.filter(({ has, isIts }) => has > 0 && !isIts).map(({ name, has }) => `${name} has ${has}`)
  const own = domains.find(({ isIts }) => isIts)
  const place = own === undefined ? 'it is in none' : `it is in ${own.name}, which has ${own.has}`
  return `by ${topologyOf(constraint)} ${nameSome(used) || 'no other has any'}; ${place}`
}
