// Turns that are due, in order. They are mostly taken in that order, so the first ones are found at once.
import { compareTurns, type Turn } from '@flotilla/scheduler/order'

export class DueTurns {
  readonly #byKey = new Map<string, Turn>()
  /** In order; what is no longer due stays until it is met. */
  #order: readonly Turn[] = []
  /** Nothing before it is due. */
  #head = 0

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  add(turns: readonly Turn[]): void {
    for (const turn of turns) this.#byKey.set(turn.key, turn)
    this.#order = [...this.#byKey.values()].sort(compareTurns)
    this.#head = 0
  }

  delete(key: string): void {
    this.#byKey.delete(key)
  }

  /** Those before `turn`, the first first. */
  before(turn: Turn): readonly Turn[] {
    this.#skipTaken()
    const found: Turn[] = []
    for (let at = this.#head; at < this.#order.length; at += 1) {
      const other = this.#order[at]
      if (other === undefined || compareTurns(other, turn) >= 0) break
      if (this.#isDue(other)) found.push(other)
    }
    return found
  }

  #skipTaken(): void {
    for (let next = this.#order[this.#head]; next !== undefined && !this.#isDue(next); next = this.#order[this.#head]) {
      this.#head += 1
    }
  }

  /** The same key may be due again by another turn. */
  #isDue(turn: Turn): boolean {
    return this.#byKey.get(turn.key) === turn
  }
}
