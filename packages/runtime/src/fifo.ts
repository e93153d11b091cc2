// A first-in first-out queue without repeats. Every operation is O(1), amortised.

export class UniqueFifo<K> {
  #keys: K[] = []
  #head = 0
  readonly #present = new Set<K>()

  get size(): number {
    return this.#present.size
  }

  has(key: K): boolean {
    return this.#present.has(key)
  }

  /** False when `key` is queued already. */
  push(key: K): boolean {
    if (this.#present.has(key)) return false
    this.#present.add(key)
    this.#keys.push(key)
    return true
  }

  shift(): K | undefined {
    if (this.#head === this.#keys.length) return undefined
    const key = this.#keys[this.#head++] as K
    this.#present.delete(key)
    if (this.#head > 1024 && this.#head * 2 > this.#keys.length) this.#dropTaken()
    return key
  }

  #dropTaken(): void {
    this.#keys = this.#keys.slice(this.#head)
    this.#head = 0
  }
}
