// When to look for moves again: soon after what counts has changed and is quiet, seldom for mere room.

/** Changes mostly come in numbers. */
const quietMs = 15_000
/** Where they do not end, they are not waited for longer. */
const longestMs = 60_000
/** Free room changes all the time. */
const betweenForRoomMs = 300_000

/** All times: milliseconds of one clock. */
export class Due {
  /** Once at the start: nobody knows what changed before. */
  #at: number
  #firstChange: number | undefined
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(now: number) {
    this.#at = now + quietMs
  }

  get at(): number {
    return this.#at
  }

  /** Costs, policies, or what clusters are. */
  change(now: number): void {
    this.#firstChange ??= now
    this.#at = Math.min(now + quietMs, this.#firstChange + longestMs)
  }

  room(now: number): void {
    this.by(Math.max(now + quietMs, this.#lookedAt + betweenForRoomMs))
  }

  by(time: number): void {
    this.#at = Math.min(this.#at, time)
  }

  /** What changes from now on is looked at anew. */
  look(now: number): void {
    this.#at = Number.POSITIVE_INFINITY
    this.#firstChange = undefined
    this.#lookedAt = now
  }
}
