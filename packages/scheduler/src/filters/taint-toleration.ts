// TaintToleration: taints of the cluster that the policy does not tolerate.
import type { Taint } from '@flotilla/api/selector'
import { isTolerated } from '../toleration.ts'
import type { Judge, SharedFilter, SharedRequest } from './filter.ts'

export const taintToleration: SharedFilter = { name: 'TaintToleration', prepare }

function prepare({ placement }: SharedRequest): Judge {
  const tolerations = placement.clusterTolerations ?? []
  return ({ taints }) => {
    if (taints.length === 0) return undefined
    const against = taints.filter((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, tolerations))
    if (against.length === 0) return undefined
    const effect = against.some((taint) => taint.effect === 'NoExecute') ? 'Leave' : 'NoGrowth'
    return { effect, describe: () => `not tolerated: ${against.map(formatTaint).join(', ')}` }
  }
}

function formatTaint({ key, value, effect }: Taint): string {
  return `${key}${value ? `=${value}` : ''}:${effect}`
}
