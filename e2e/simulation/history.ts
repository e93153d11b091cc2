// What happened in a run: its hash tells two runs apart, its end is what a failure shows.
import { createHash } from 'node:crypto'

export interface Violation {
  /** As `delivery.md` numbers them, e.g. `I4`, or a word. */
  readonly invariant: string
  readonly message: string
  /** Virtual ms since the start. */
  readonly at: number
}

/** How many events a failure can show. */
const tailLength = 400

export class History {
  readonly #hash = createHash('sha256')
  readonly #now: () => number
  readonly #tail: string[] = []
  #events = 0
  #shown = 0
  violation: Violation | undefined

  /** `now`: virtual ms since the start. */
  constructor(now: () => number) {
    this.#now = now
  }

  get events(): number {
    return this.#events
  }

  /** `isRoutine`: it goes on all the time, and is not shown. */
  note(what: string, isRoutine = false): void {
    const line = `${this.#now()} ${what}`
    this.#hash.update(line).update('\n')
    this.#events++
    if (!isRoutine) this.#tail[this.#shown++ % tailLength] = line
  }

  /** The first one counts: what follows is mostly its consequence. */
  violate(invariant: string, message: string): void {
    if (this.violation !== undefined) return
    this.violation = { invariant, message, at: this.#now() }
    this.note(`VIOLATED ${invariant}: ${message}`)
  }

  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }

  /** The last `count` events, oldest first. */
  tail(count = 40): readonly string[] {
    const start = this.#shown % tailLength
    const ordered = [...this.#tail.slice(start), ...this.#tail.slice(0, start)]
    return ordered.slice(-count)
  }
}
