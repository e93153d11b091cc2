// I6: requests to a member stay under its budget, a server that refuses is left in peace, and nobody fights for ever
// with somebody else over an object.
import { describe } from '../sim-net.ts'
import type { Check, Watched } from './check.ts'

/** Tries of one process to follow one resource of one server, within ten seconds. */
const mostWatches = 40
/** Statements of one object that one member takes within a minute. */
const mostStatements = 20

/** `rate`: requests per second and member that controllers may send; more come at once after a pause, as time at it. */
export function checkBudgets({ members, now, violate }: Watched, rate: number): Check {
  const [requests, watches, statements] = [new Windows(1_000), new Windows(10_000), new Windows(60_000)]
  const mostRequests = rate * 1.1 + 2
  return {
    onSent(call) {
      const { process, server, verb, resource, purpose } = call
      const follower = `${process} ${server}`
      if (verb === 'watch' || verb === 'list') {
        const count = watches.add(`${follower} ${resource?.plural}`, now())
        if (count > mostWatches) violate('I6', `${count} tries within 10 s to ${describe(call)}`)
      }
      if (!members.has(server) || purpose !== 'sync' || verb === 'watch') return
      const count = requests.add(follower, now())
      if (count > mostRequests) violate('I6', `${count} requests to ${server} within a second, where ${rate} may be`)
    },
    onDone(call) {
      if (call.verb !== 'apply' || !members.has(call.server)) return
      const count = statements.add(describe(call), now())
      if (count > mostStatements) violate('I6', `${count} times within a minute: ${describe(call)}`)
    },
  }
}

/** How often something happened of late, by key. */
class Windows {
  readonly #lengthMs: number
  readonly #times = new Map<string, number[]>()

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  add(key: string, now: number): number {
    const times = this.#times.get(key) ?? []
    this.#times.set(key, times)
    times.push(now)
    while ((times[0] ?? now) <= now - this.#lengthMs) times.shift()
    return times.length
  }
}
