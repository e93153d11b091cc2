// Why a cluster holds what it holds, where no filter says it: from the decision and the policy's placement. Pure.
import type { Placement } from '@flotilla/api/placement'
import type { DecidedCluster, Verdict } from '@flotilla/api/resource-binding'
import type { ClusterRow } from '@flotilla/scheduler/snapshot'
import { prepareWeights } from '@flotilla/scheduler/weights'
import type { Explained } from './explain-every.ts'

/** Of one cluster: what speaks for what it holds, or against its holding more. Empty: its reasons say it all. */
export type WhyOf = (verdict: Verdict, decided: DecidedCluster | undefined) => string

/** `total`: replicas of the template; none: it has none. */
export function prepareWhy({ verdicts, placement, clusters }: Explained, total: number | undefined): WhyOf {
  const share = placement && total !== undefined ? prepareShare(placement, total, verdicts, clusters) : undefined
  return ({ name, verdict }, decided) => {
    if (verdict === 'Rejected') return ''
    if (decided?.from !== undefined) return moveText(decided.from, decided.replicas)
    if (share) return share(name, decided?.replicas ?? 0)
    if (!placement) return 'its policy has gone; what was placed stays'
    return decided ? 'every cluster that may have it has it whole' : ''
  }
}

function moveText(from: number, to: number | undefined): string {
  if (to === 0) return 'it leaves once growth elsewhere is ready'
  if (to === undefined || to > from) return 'it grows; what shrinks elsewhere waits until it is ready'
  return `it keeps ${from} until growth elsewhere is ready`
}

/** Replicas of the cluster of that name as the policy divides them. */
type Share = (name: string, replicas: number) => string

function prepareShare(
  { replicaScheduling = {}, objective }: Placement,
  total: number,
  verdicts: readonly Verdict[],
  clusters: ReadonlyMap<string, ClusterRow>,
): Share {
  const { replicaSchedulingType, replicaDivisionPreference = 'Weighted', weightPreference } = replicaScheduling
  const part = (replicas: number) => `${replicas} of ${total}`
  if (replicaSchedulingType !== 'Divided') return () => `every cluster that may have it has all ${total}`
  if (replicaDivisionPreference === 'Counts') return (_, replicas) => `counts gives it ${part(replicas)}`
  if (replicaDivisionPreference === 'Aggregated') return (_, replicas) => `few clusters share it: ${part(replicas)}`
  if (objective !== undefined) return (_, replicas) => `by cost: ${part(replicas)}`
  if (weightPreference?.dynamicWeight !== undefined) return (_, replicas) => `by free room: ${part(replicas)}`
  const weightOf = prepareWeights(weightPreference?.staticWeightList)
  const weigh = (name: string) => {
    const cluster = clusters.get(name)
    return cluster ? weightOf(cluster).weight : 0
  }
  const candidates = verdicts.filter(({ verdict }) => verdict !== 'Rejected')
  const sum = candidates.reduce((all, { name }) => all + weigh(name), 0)
  return (name, replicas) => `weight ${weigh(name)} of ${sum}: ${part(replicas)}`
}

export interface UnknownCluster {
  readonly name: string
  /** Where the policy names it. */
  readonly field: string
}

/** Clusters that the policy names and that are not registered, each once. */
export function unknownClusters({ placement, clusters }: Explained): readonly UnknownCluster[] {
  const named = placement ? namedClusters(placement) : []
  const unknown = named.filter(({ name }) => !clusters.has(name))
  return [...new Map(unknown.toReversed().map((one) => [one.name, one])).values()].toReversed()
}

function namedClusters({
  clusterAffinity,
  clusterAffinities = [],
  replicaScheduling,
}: Placement): readonly UnknownCluster[] {
  const { weightPreference, counts = [] } = replicaScheduling ?? {}
  const scheduling = 'spec.placement.replicaScheduling'
  const at = (field: string, names: readonly string[] = []) => names.map((name) => ({ name, field }))
  return [
    ...at('spec.placement.clusterAffinity.clusterNames', clusterAffinity?.clusterNames),
    ...clusterAffinities.flatMap(({ clusterNames }) => at('spec.placement.clusterAffinities', clusterNames)),
    ...(weightPreference?.staticWeightList ?? []).flatMap(({ targetCluster }) =>
      at(`${scheduling}.weightPreference.staticWeightList`, targetCluster.clusterNames),
    ),
    ...counts.flatMap(({ targetCluster }) => at(`${scheduling}.counts`, targetCluster.clusterNames)),
  ]
}

/** Up to three of `unknown`, where they are named, and what to do; empty: there are none. */
export function unknownText(unknown: readonly UnknownCluster[]): string {
  const [first] = unknown
  if (first === undefined) return ''
  const told = unknown.slice(0, 3).map(({ name }) => name)
  const names = [...told, ...(unknown.length > 3 ? [`${unknown.length - 3} more`] : [])].join(', ')
  return `Not registered: ${names}, named in ${first.field} of the policy. Next: flotilla clusters, then flotilla join ${first.name}, or correct the policy`
}
