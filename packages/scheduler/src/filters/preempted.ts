// Preempted: its replicas on the cluster give way to a workload of higher priority, or the room there is kept for one.
import { isBoundByRoom } from '../mode.ts'
import type { ScheduleRequest } from '../request.ts'
import type { Filter } from './filter.ts'

export const preempted: Filter = { name: 'Preempted', prepare }

function prepare({ placement, yields }: ScheduleRequest): ReturnType<Filter['prepare']> {
  if (yields === undefined || !isBoundByRoom(placement)) return () => undefined
  return ({ id }) => {
    const found = yields.get(id)
    if (found === undefined || found.isOver) return undefined
    const { most, message } = found
    const describe = () => message
    return most === undefined ? { effect: 'NoGrowth', describe } : { effect: 'Yield', most, describe }
  }
}
