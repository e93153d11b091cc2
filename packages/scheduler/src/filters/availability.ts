// Suspended, NotReady, Deleting: the cluster cannot take anything new at present.
import type { ClusterRow } from '../snapshot.ts'
import type { Filter, Judge } from './filter.ts'

const judgeSuspended: Judge = ({ suspended }) =>
  suspended ? { effect: 'NoGrowth', describe: () => 'it is suspended (spec.suspend)' } : undefined

const judgeReady: Judge = ({ ready, notReadyReason }) =>
  ready ? undefined : { effect: 'NoGrowth', describe: () => `it is not Ready: ${notReadyReason}` }

const judgeDeleting: Judge = ({ deleting }) =>
  deleting ? { effect: 'NoGrowth', describe: () => 'it is being unregistered' } : undefined

/** Whether none of these speaks against the cluster. */
export function isAvailable({ suspended, ready, deleting }: ClusterRow): boolean {
  return ready && !suspended && !deleting
}

export const suspended: Filter = { name: 'Suspended', prepare: () => judgeSuspended }
export const notReady: Filter = { name: 'NotReady', prepare: () => judgeReady }
export const deleting: Filter = { name: 'Deleting', prepare: () => judgeDeleting }
