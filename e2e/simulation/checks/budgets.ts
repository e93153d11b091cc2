// I6: requests to a member stay under its budget.
import type { Check, Watched } from './check.ts'

const windowMs = 1_000

/** `rate`: requests per second and member that controllers may send; more come at once after a pause, as time at it. */
export function checkBudgets({ members, violate }: Watched, rate: number): Check {
  const sent = new Map<string, number[]>()
  const most = rate * 1.1 + 2
  return {
    onArrival({ process, server, purpose, sentAt }) {
      if (!members.has(server) || purpose !== 'sync') return
      const key = `${process} ${server}`
      const times = sent.get(key) ?? []
      sent.set(key, times)
      times.push(sentAt)
      while ((times[0] ?? sentAt) <= sentAt - windowMs) times.shift()
      if (times.length > most) violate('I6', `${times.length} requests to ${server} within a second, where ${rate} may be`)
    },
  }
}
