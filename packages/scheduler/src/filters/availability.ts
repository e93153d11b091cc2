// Suspended, NotReady, Deleting: the cluster cannot take anything new at present.
import type { ClusterFacts } from '../facts.ts'
import type { Judge, SharedFilter } from './filter.ts'

const judgeSuspended: Judge = ({ suspended }) =>
  suspended ? { effect: 'NoGrowth', describe: () => 'it is suspended (spec.suspend)' } : undefined

const judgeReady: Judge = ({ ready, notReadyReason }) =>
  ready ? undefined : { effect: 'NoGrowth', describe: () => `it is not Ready: ${notReadyReason}` }

const judgeDeleting: Judge = ({ deleting }) =>
  deleting ? { effect: 'NoGrowth', describe: () => 'it is being unregistered' } : undefined

/** Whether none of these speaks against the cluster. */
export function isAvailable({ suspended, ready, deleting }: ClusterFacts): boolean {
  return ready && !suspended && !deleting
}

export const suspended: SharedFilter = { name: 'Suspended', prepare: () => judgeSuspended }
export const notReady: SharedFilter = { name: 'NotReady', prepare: () => judgeReady }
export const deleting: SharedFilter = { name: 'Deleting', prepare: () => judgeDeleting }
