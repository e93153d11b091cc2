// Which entry of a static weight list is a cluster's.
import type { StaticWeight } from '@flotilla/api/placement'
import { matchAffinity } from './affinity.ts'
import type { ClusterRow } from './snapshot.ts'

export interface ClusterWeight {
  readonly weight: number
  readonly min: number
  readonly max: number
}

export type WeightOf = (cluster: ClusterRow) => ClusterWeight

const equal: ClusterWeight = { weight: 1, min: 0, max: Number.POSITIVE_INFINITY }
const none: ClusterWeight = { weight: 0, min: 0, max: Number.POSITIVE_INFINITY }

const prepared = new WeakMap<readonly StaticWeight[], WeightOf>()

/** Without a list every cluster weighs 1. With one, a cluster has its heaviest entry, the first among equals, or 0. */
export function prepareWeights(list: readonly StaticWeight[] | undefined): WeightOf {
  if (list === undefined) return () => equal
  const known = prepared.get(list)
  if (known !== undefined) return known
  const weightOf = indexWeights(list)
  prepared.set(list, weightOf)
  return weightOf
}

/** Entries that say nothing but names are found by name: lists of a thousand names are common. */
function indexWeights(list: readonly StaticWeight[]): WeightOf {
  const heaviestFirst = list.toSorted((left, right) => right.weight - left.weight)
  const byName = new Map<string, number>()
  const others: number[] = []
  for (const [rank, { targetCluster }] of heaviestFirst.entries()) {
    const { clusterNames, ...rest } = targetCluster
    if (!clusterNames?.length || Object.keys(rest).length > 0) others.push(rank)
    else for (const name of clusterNames) if (!byName.has(name)) byName.set(name, rank)
  }
  return (cluster) => {
    const named = byName.get(cluster.name) ?? Number.POSITIVE_INFINITY
    const other = others.find((rank) => rank < named && selects(heaviestFirst[rank], cluster))
    const entry = heaviestFirst[other ?? named]
    if (entry === undefined) return none
    return { weight: entry.weight, min: entry.minReplicas ?? 0, max: entry.maxReplicas ?? Number.POSITIVE_INFINITY }
  }
}

function selects(entry: StaticWeight | undefined, cluster: ClusterRow): boolean {
  return entry !== undefined && matchAffinity(entry.targetCluster)(cluster) === undefined
}
