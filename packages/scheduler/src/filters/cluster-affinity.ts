// ClusterAffinity: names, exclusions, labels and fields that the policy asks for.
import type { ClusterAffinity } from '@flotilla/api/selector'
import { matchAffinity } from '../affinity.ts'
import type { ScheduleRequest } from '../request.ts'
import type { Filter, Judge } from './filter.ts'

export const clusterAffinity: Filter = { name: 'ClusterAffinity', prepare }

const everyCluster: ClusterAffinity = {}

function prepare({ placement }: ScheduleRequest): Judge {
  const match = matchAffinity(placement.clusterAffinity ?? everyCluster)
  return (cluster) => {
    const mismatch = match(cluster)
    return mismatch === undefined ? undefined : { effect: 'Leave', describe: () => mismatch(cluster) }
  }
}
