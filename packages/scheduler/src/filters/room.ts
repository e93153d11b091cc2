// Room: modes that go by free room need to know it.
import { isBoundByRoom } from '../mode.ts'
import type { Judge, SharedFilter, SharedRequest } from './filter.ts'

export const room: SharedFilter = { name: 'Room', prepare }

const judgeRoom: Judge = ({ shapes }) =>
  shapes === undefined ? { effect: 'NoGrowth', describe: () => 'its free room is not known yet' } : undefined

function prepare({ replicas, placement }: SharedRequest): Judge {
  return replicas !== undefined && isBoundByRoom(placement) ? judgeRoom : () => undefined
}
