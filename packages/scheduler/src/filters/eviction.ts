// Eviction: failover or a person has moved this workload away from the cluster.
import type { ScheduleRequest } from '../request.ts'
import type { Filter, Judge } from './filter.ts'

export const eviction: Filter = { name: 'Eviction', prepare }

function prepare({ evicted }: ScheduleRequest): Judge {
  return ({ id }) => {
    const reason = evicted?.get(id)
    if (reason === undefined) return undefined
    return { effect: 'Leave', describe: () => `it was moved away: ${reason}` }
  }
}
