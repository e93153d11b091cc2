// ClusterAffinity: names, exclusions, labels and fields that the policy asks for, of one affinity or of any tier.
import type { ClusterAffinity, Tier } from '@flotilla/api/selector'
import { matchAffinity } from '../affinity.ts'
import type { Judge, SharedFilter, SharedRequest } from './filter.ts'

export const clusterAffinity: SharedFilter = { name: 'ClusterAffinity', prepare }

const everyCluster: ClusterAffinity = {}

function prepare({ placement }: SharedRequest): Judge {
  const tiers = placement.clusterAffinities ?? []
  if (tiers.length > 0) return prepareAny(tiers)
  const match = matchAffinity(placement.clusterAffinity ?? everyCluster)
  return (cluster) => {
    const mismatch = match(cluster)
    if (mismatch === undefined) return undefined
    return { effect: mismatch.isReported === true ? 'NoGrowth' : 'Leave', describe: () => mismatch(cluster) }
  }
}

function prepareAny(tiers: readonly Tier[]): Judge {
  const matches = tiers.map((tier) => ({ name: tier.affinityName, match: matchAffinity(tier) }))
  return (cluster) => {
    if (matches.some(({ match }) => match(cluster) === undefined)) return undefined
    const describe = () => matches.map(({ name, match }) => `${name}: ${match(cluster)?.(cluster) ?? ''}`).join('; ')
    return { effect: 'Leave', describe }
  }
}
