// The order in which bindings are decided when several are at once: what one is given, the next cannot have.
import { compareText } from './snapshot.ts'

export interface Turn {
  /** Higher first. */
  readonly priority: number
  /** When the binding was created, RFC 3339: text order is order in time. The older first. */
  readonly createdAt: string
  /** Of the binding: tells it from all others. */
  readonly key: string
}

export function compareTurns(left: Turn, right: Turn): number {
  return (
    right.priority - left.priority || compareText(left.createdAt, right.createdAt) || compareText(left.key, right.key)
  )
}
