// The order in which bindings are given room.
import { keyOf } from '@flotilla/machinery/object'
import { compareText } from '@flotilla/scheduler/snapshot'
import type { Binding } from '../../hub.ts'

export interface Turn {
  readonly key: string
  readonly priority: number
  /** RFC 3339, so that text order is order in time. */
  readonly createdAt: string
}

/** Of a binding that is decided before it is created: after all that are there. */
const notYet = '9999-12-31T23:59:59Z'

export function turnOf({ metadata, spec }: Binding): Turn {
  return {
    key: keyOf(metadata),
    priority: spec.schedulePriority?.priority ?? 0,
    createdAt: metadata.creationTimestamp ?? notYet,
  }
}

/** Higher priority first, then the older, then by key. */
export function compareTurns(left: Turn, right: Turn): number {
  return (
    right.priority - left.priority || compareText(left.createdAt, right.createdAt) || compareText(left.key, right.key)
  )
}
