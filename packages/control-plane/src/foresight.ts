// What would be decided, for those who want to know before they change anything. The wiring passes it from who decides to
// who asks.
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import type { Snapshot } from '@flotilla/scheduler/snapshot'
import type { Binding } from './hub.ts'

export interface Foresight {
  snapshot(): Snapshot
  /** What would be asked for the binding now; undefined: no policy selects it any more. */
  requestOf(binding: Binding): ScheduleRequest | undefined
}
