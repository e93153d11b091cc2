// SpreadConstraint: a cluster that is in no domain cannot be spread over.
import { domainKeys, topologyOf } from '../spread/domain.ts'
import type { Judge, SharedFilter, SharedRequest } from './filter.ts'

export const spreadDomain: SharedFilter = { name: 'SpreadConstraint', prepare }

function prepare({ placement }: SharedRequest): Judge {
  const constraints = placement.spreadConstraints ?? []
  if (constraints.length === 0) return () => undefined
  return (cluster) => {
    const missing = constraints.filter((constraint) => domainKeys(constraint, cluster).length === 0)
    if (missing.length === 0) return undefined
    return { effect: 'Leave', describe: () => `it has no ${missing.map(topologyOf).join(', no ')}` }
  }
}
