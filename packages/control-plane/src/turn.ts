// Which turn a binding has when room is given away.
import { keyOf } from '@flotilla/machinery/object'
import type { Turn } from '@flotilla/scheduler/order'
import type { Binding } from './hub.ts'

/** Of a binding that is decided before it is created: after all that are there. */
const notYet = '9999-12-31T23:59:59Z'

export function turnOf({ metadata, spec }: Binding): Turn {
  return {
    key: keyOf(metadata),
    priority: spec.schedulePriority?.priority ?? 0,
    createdAt: metadata.creationTimestamp ?? notYet,
  }
}
