// WorkloadAffinity and WorkloadAntiAffinity: which other workloads it must, and must not, be beside.
import { nameSome } from '../allocation.ts'
import type { Company } from '../neighbours.ts'
import type { ScheduleRequest } from '../request.ts'
import type { ClusterRow, Snapshot } from '../snapshot.ts'
import { domainKeys, topologyOf } from '../spread/domain.ts'
import type { Filter, Judge } from './filter.ts'

export const workloadAffinity: Filter = { name: 'WorkloadAffinity', prepare: prepareAffinity }
export const workloadAntiAffinity: Filter = { name: 'WorkloadAntiAffinity', prepare: prepareAntiAffinity }

/** Clusters in one place with the given one, itself among them, where some of the company are. */
type Find = (cluster: ClusterRow) => readonly ClusterRow[]

/** The company of a workload of that name. */
type IsOther = (name: string) => boolean

function prepareAffinity({ neighbours }: ScheduleRequest, snapshot: Snapshot): Judge {
  const company = neighbours?.affinity
  if (company === undefined) return () => undefined
  const { group, topology, residents, isMember, mayBeFirst } = company
  const isOther = (name: string) => name !== neighbours?.name
  const isPlaced = [...residents.values()].some((workloads) => hasAny(workloads, isOther))
  if (!isPlaced && mayBeFirst) return () => undefined
  const find = prepareFind(company, isMember ? () => true : isOther, snapshot)
  const rule = `affinity to ${group}${inOne(company)}`
  return (cluster) => {
    if (isPlaced && find(cluster).length > 0) return undefined
    const isNowhere = domainKeys(topology, cluster).length === 0
    const elsewhere = () => whereAre(company, snapshot.clusters, isOther)
    const describe = () =>
      `${rule}: ${!isPlaced ? 'none of them is placed' : isNowhere ? `it has no ${topologyOf(topology)}` : elsewhere()}`
    return { effect: 'NoGrowth', describe }
  }
}

function prepareAntiAffinity({ neighbours }: ScheduleRequest, snapshot: Snapshot): Judge {
  if (neighbours === undefined) return () => undefined
  const { antiAffinity, avoidedBy, name } = neighbours
  const isOther = (other: string) => other !== name
  const toRule = (title: string) => (company: Company) => ({
    company,
    find: prepareFind(company, isOther, snapshot),
    text: `${title} to ${company.group}${inOne(company)}`,
  })
  const avoided = antiAffinity === undefined ? [] : [antiAffinity]
  const rules = [...avoided.map(toRule('antiAffinity')), ...avoidedBy.map(toRule('antiAffinity of others'))]
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
