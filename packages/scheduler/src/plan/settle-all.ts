// Plays decisions out until nothing moves any more and nobody gives way to anybody.
import type { Fleet } from './fleet.ts'
import { endGivingWay, giveWay } from './give-way.ts'
import { settle } from './settle.ts'

/** One workload gives way to another in each: what would follow after so many is not foretold. */
const mostRounds = 64

/** Throws as `settle` does. */
export function settleAll(fleet: Fleet): Fleet {
  let settled = settle(fleet)
  for (let round = 0; round < mostRounds; round += 1) {
    const giving = giveWay(settled)
    if (giving === undefined) break
    settled = settle(endGivingWay(settle(giving)))
  }
  return settled
}
