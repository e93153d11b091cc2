// Plays decisions out until nothing moves any more and nobody gives way to anybody.
import type { Fleet } from './fleet.ts'
import { endGivingWay, giveWaySteps } from './give-way.ts'
import { type Settled, settleSteps } from './settle.ts'

/** One workload gives way to another in each: what would follow after so many is not foretold. */
const mostRounds = 64

/** In steps, and throws, as `settleSteps`. */
export function* settleAllSteps(fleet: Fleet): Generator<void, Settled> {
  let settled = yield* settleSteps(fleet)
  for (let round = 0; round < mostRounds; round += 1) {
    const giving = yield* giveWaySteps(settled.fleet)
    if (giving === undefined) break
    const given = yield* settleSteps(giving)
    const ended = yield* settleSteps(endGivingWay(given.fleet))
    settled = { fleet: ended.fleet, waves: [...settled.waves, ...given.waves, ...ended.waves] }
  }
  return settled
}
