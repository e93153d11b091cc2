// What came of delivering each object to one member, as far as its rows do not tell. In memory only: after a restart
// it is found out anew.
import { deepEqual } from '@flotilla/machinery/json'
import type { ObjectId } from '../object-id.ts'

export interface Outcome {
  /**
   * Pending: not yet what we state. Applied: it is. Failed: see `message`. Suspended: nothing is written.
   * Removed: it is not there, or no longer ours.
   */
  readonly state: 'Pending' | 'Applied' | 'Failed' | 'Suspended' | 'Removed'
  readonly message?: string | undefined
  /** Fields that differ and are left so. */
  readonly drift?: string | undefined
  /** It ran to its end here and is not run again. */
  readonly isFinished?: boolean
  /** `metadata.generation` of the template that is applied. */
  readonly generation?: number | undefined
}

export class Outcomes {
  readonly #outcomes = new Map<ObjectId, Outcome>()
  readonly #listeners = new Set<(id: ObjectId) => void>()

  get(id: ObjectId): Outcome | undefined {
    return this.#outcomes.get(id)
  }

  set(id: ObjectId, outcome: Outcome): void {
    if (deepEqual(this.#outcomes.get(id), outcome)) return
    this.#outcomes.set(id, outcome)
    this.#tell(id)
  }

  delete(id: ObjectId): void {
    if (this.#outcomes.delete(id)) this.#tell(id)
  }

  onChange(listener: (id: ObjectId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(id: ObjectId): void {
    for (const listener of this.#listeners) listener(id)
  }
}
