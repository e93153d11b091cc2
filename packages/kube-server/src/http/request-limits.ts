// How much one user may have under way at once: a busy client must not hold up all others.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { UserInfo } from '../operations.ts'

/** Of one user. */
export interface RequestLimitOptions {
  /** Default 400. */
  readonly reading?: number
  /** Default 200. */
  readonly writing?: number
  /** Default 5000. */
  readonly watching?: number
}

export interface RequestLimits {
  /** Counts a request until the returned function is called. Throws TooManyRequests past the limit. */
  enter(user: UserInfo, verb: string): () => void
}

type Kind = keyof RequestLimitOptions

const kinds: ReadonlyMap<string, Kind> = new Map([
  ['get', 'reading'],
  ['list', 'reading'],
  ['watch', 'watching'],
])
const exemptGroup = 'system:masters'
const retryAfterSeconds = 1

export function createRequestLimits(options: RequestLimitOptions = {}): RequestLimits {
  const limits: Record<Kind, number> = { reading: 400, writing: 200, watching: 5000, ...options }
  const underWay = new Map<string, number>()
  return {
    enter({ name, groups }, verb) {
      if (groups.includes(exemptGroup)) return () => {}
      const kind = kinds.get(verb) ?? 'writing'
      const key = `${kind} ${name}`
      const count = underWay.get(key) ?? 0
      if (count >= limits[kind]) {
        const text = `Too many requests, please try again later: ${limits[kind]} of this user are under way`
        throw new FlotillaError('TooManyRequests', text, { retryAfterSeconds })
      }
      underWay.set(key, count + 1)
      return () => leave(underWay, key)
    },
  }
}

function leave(underWay: Map<string, number>, key: string): void {
  const count = underWay.get(key) ?? 0
  if (count <= 1) underWay.delete(key)
  else underWay.set(key, count - 1)
}
