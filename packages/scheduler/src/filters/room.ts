// Room: modes that go by free room need to know it.
import { isBoundByRoom } from '../mode.ts'
import type { ScheduleRequest } from '../request.ts'
import type { Filter, Judge } from './filter.ts'

export const room: Filter = { name: 'Room', prepare }

const judgeRoom: Judge = ({ shapes }) =>
  shapes === undefined ? { effect: 'NoGrowth', describe: () => 'its free room is not known yet' } : undefined

function prepare({ replicas, placement }: ScheduleRequest): Judge {
  return replicas !== undefined && isBoundByRoom(placement) ? judgeRoom : () => undefined
}
