// Scorer: what an external scorer refuses gets no more. It says so from outside, so nothing leaves for it.
import { scorerFilter } from '../cost/scores.ts'
import type { ScheduleRequest } from '../request.ts'
import type { Filter, Judge } from './filter.ts'

export const scorer: Filter = { name: scorerFilter, prepare }

function prepare({ scores }: ScheduleRequest): Judge {
  if (scores === undefined) return () => undefined
  return ({ name }) => {
    const refusal = scores.refusals.get(name)
    return refusal === undefined ? undefined : { effect: 'NoGrowth', describe: () => refusal }
  }
}
