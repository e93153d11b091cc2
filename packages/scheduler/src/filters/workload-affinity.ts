// WorkloadAffinity and WorkloadAntiAffinity: which other workloads it must, and must not, be beside.
import { nameSome } from '../allocation.ts'
import type { ClusterFacts } from '../facts.ts'
import type { Company, OwnCompany } from '../neighbours.ts'
import type { ScheduleRequest } from '../request.ts'
import type { ClusterRow, Snapshot } from '../snapshot.ts'
import { domainKeys, topologyOf } from '../spread/domain.ts'
import type { Filter, Judge } from './filter.ts'

export const workloadAffinity: Filter = { name: 'WorkloadAffinity', prepare: prepareAffinity }
export const workloadAntiAffinity: Filter = { name: 'WorkloadAntiAffinity', prepare: prepareAntiAffinity }

/** Says of a cluster why growth should rather go elsewhere; undefined: it need not. */
export type Reluctance = (cluster: ClusterFacts) => (() => string) | undefined

/** By preferences for neighbours; where nobody is placed whom it should be beside, all clusters are alike. */
export function prepareReluctance({ neighbours }: ScheduleRequest, snapshot: Snapshot): Reluctance | undefined {
  const { name = '', preferredAffinity: near, preferredAntiAffinity: away } = neighbours ?? {}
  const isNear = near !== undefined && isAnyPlaced(near, (other) => other !== name)
  const judges = [
    ...(isNear ? [prepareBeside('preferredAffinity', name, near, snapshot)] : []),
    ...(away ? [prepareApart(name, [{ title: 'preferredAntiAffinity', company: away }], snapshot)] : []),
  ]
  if (judges.length === 0) return undefined
  return (cluster) => {
    const found = judges.flatMap((judge) => judge(cluster) ?? [])
    return found.length === 0 ? undefined : () => found.map((each) => each.describe()).join('; ')
  }
}

/** Clusters in one place with the given one, itself among them, where some of the company are. */
type Find = (cluster: ClusterFacts) => readonly ClusterRow[]

/** The company of a workload of that name. */
type IsOther = (name: string) => boolean

function prepareAffinity({ neighbours }: ScheduleRequest, snapshot: Snapshot): Judge {
  const { name = '', affinity: company } = neighbours ?? {}
  if (company === undefined) return () => undefined
  const isFree = company.mayBeFirst && !isAnyPlaced(company, (other) => other !== name)
  return isFree ? () => undefined : prepareBeside('affinity', name, company, snapshot)
}

function isAnyPlaced({ residents }: Company, isOther: IsOther): boolean {
  return [...residents.values()].some((workloads) => hasAny(workloads, isOther))
}

/** Speaks against clusters where none of the company is. */
function prepareBeside(title: string, own: string, company: OwnCompany, snapshot: Snapshot): Judge {
  const { topology, isMember } = company
  const isOther = (name: string) => name !== own
  const isPlaced = isAnyPlaced(company, isOther)
  const find = prepareFind(company, isMember ? () => true : isOther, snapshot)
  const rule = `${title} to ${company.group}${inOne(company)}`
  const whyNot = (cluster: ClusterFacts) => {
    if (!isPlaced) return 'none of them is placed'
    const isNowhere = domainKeys(topology, cluster).length === 0
    return isNowhere ? `it has no ${topologyOf(topology)}` : whereAre(company, snapshot.clusters, isOther)
  }
  return (cluster) =>
    isPlaced && find(cluster).length > 0
      ? undefined
      : { effect: 'NoGrowth', describe: () => `${rule}: ${whyNot(cluster)}` }
}

function prepareAntiAffinity({ neighbours }: ScheduleRequest, snapshot: Snapshot): Judge {
  if (neighbours === undefined) return () => undefined
  const { antiAffinity, avoidedBy, name } = neighbours
  const own = antiAffinity === undefined ? [] : [{ title: 'antiAffinity', company: antiAffinity }]
  const others = avoidedBy.map((company) => ({ title: 'antiAffinity of others', company }))
  return prepareApart(name, [...own, ...others], snapshot)
}

/** Speaks against clusters where some of a company are. */
function prepareApart(
  own: string,
  companies: readonly { readonly title: string; readonly company: Company }[],
  snapshot: Snapshot,
): Judge {
  const isOther = (name: string) => name !== own
  const rules = companies.map(({ title, company }) => ({
    company,
    find: prepareFind(company, isOther, snapshot),
    text: `${title} to ${company.group}${inOne(company)}`,
  }))
  return (cluster) => {
    const broken = rules.filter(({ find }) => find(cluster).length > 0)
    if (broken.length === 0) return undefined
    // A group that avoids each other would be told twice.
    const describe = () => {
      const told = broken.map(({ company, find, text }) => [whereAre(company, find(cluster), isOther), text] as const)
      return [...new Map(told.toReversed())]
        .toReversed()
        .map(([where, text]) => `${text}: ${where}`)
        .join('; ')
    }
    return { effect: 'NoGrowth', describe }
  }
}

function prepareFind({ topology, residents }: Company, isOne: IsOther, { byId }: Snapshot): Find {
  const found = new Map<string, ClusterRow[]>()
  for (const [id, workloads] of residents) {
    const cluster = byId.get(id)
    if (cluster === undefined || !hasAny(workloads, isOne)) continue
    for (const key of domainKeys(topology, cluster)) {
      const others = found.get(key)
      if (others === undefined) found.set(key, [cluster])
      else others.push(cluster)
    }
  }
  return (cluster) => domainKeys(topology, cluster).flatMap((key) => found.get(key) ?? [])
}

function hasAny(workloads: ReadonlyMap<string, string>, isOne: IsOther): boolean {
  for (const name of workloads.values()) if (isOne(name)) return true
  return false
}

function inOne({ topology }: Company): string {
  return topology.spreadByField === 'cluster' ? '' : ` in one ${topologyOf(topology)}`
}

/** E.g. `Deployment db is on eu-1, eu-2`: of the clusters, those where others are. */
function whereAre({ residents }: Company, clusters: readonly ClusterRow[], isOther: IsOther): string {
  const found = clusters.map(({ id, name }) => ({
    place: name,
    names: [...(residents.get(id)?.values() ?? [])].filter(isOther),
  }))
  const names = [...new Set(found.flatMap((each) => each.names))].sort()
  const places = [...new Set(found.filter((each) => each.names.length > 0).map(({ place }) => place))].sort()
  return `${nameSome(names, 3)} ${names.length > 1 ? 'are' : 'is'} on ${nameSome(places, 3)}`
}
