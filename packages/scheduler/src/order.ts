// The order in which bindings are decided when several are at once: what one is given, the next cannot have.
import { compareText } from './snapshot.ts'

export interface Turn {
  /** Higher first. */
  readonly priority: number
  /** Of the binding: tells it from all others. */
  readonly key: string
}

export function compareTurns(left: Turn, right: Turn): number {
  return right.priority - left.priority || compareText(left.key, right.key)
}
