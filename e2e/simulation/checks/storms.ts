// No object of the hub is written over and over: two that undo each other's work would do it without end.
import type { Check, Watched } from './check.ts'

const windowMs = 10_000
/** What happens to one object in that time is never so much, not even when everything is created anew. */
const mostWrites = 100

export function checkStorms({ now, violate }: Watched): Check {
  let begin = now()
  const writes = new Map<string, number>()
  return {
    onHubEvent({ key }) {
      if (now() - begin >= windowMs) {
        writes.clear()
        begin = now()
      }
      const count = (writes.get(key) ?? 0) + 1
      writes.set(key, count)
      if (count > mostWrites) violate('storm', `${key} was written ${count} times within ${windowMs / 1000} s`)
    },
  }
}
