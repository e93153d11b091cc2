// What changed lately, one event for each revision, bounded: the source of watches and of lists of the past.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { StoreEvent } from './store.ts'
import { resourceOfKey } from './store.ts'

export class RevisionLog {
  /** Revision r is at index r - compacted - 1 + start. */
  private events: StoreEvent[] = []
  private start = 0
  private readonly capacity: number
  compacted: number

  constructor(capacity: number, compacted: number) {
    this.capacity = capacity
    this.compacted = compacted
  }

  get revision(): number {
    return this.compacted + this.events.length - this.start
  }

  /** Returns the events that had to go to make room. */
  append(event: StoreEvent): readonly StoreEvent[] {
    this.events.push(event)
    const surplus = this.events.length - this.start - this.capacity
    return surplus > 0 ? this.compactTo(this.compacted + surplus) : []
  }

  /** Forgets events up to `revision`, and returns them. */
  compactTo(revision: number): readonly StoreEvent[] {
    const count = Math.min(revision, this.revision) - this.compacted
    if (count <= 0) return []
    const gone = this.events.slice(this.start, this.start + count)
    this.start += count
    this.compacted += count
    if (this.start > this.capacity) {
      this.events = this.events.slice(this.start)
      this.start = 0
    }
    return gone
  }

  /** Throws Expired when events behind `revision` are gone. */
  since(revision: number, resource?: string): readonly StoreEvent[] {
    if (revision < this.compacted) throw tooOld(revision, this.compacted)
    const events = this.events.slice(this.start + revision - this.compacted)
    return resource === undefined ? events : events.filter((event) => resourceOfKey(event.key) === resource)
  }
}

function tooOld(revision: number, compacted: number): FlotillaError {
  return new FlotillaError('Expired', `too old resource version: ${revision} (${compacted + 1})`)
}
