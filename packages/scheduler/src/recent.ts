// What was found out last, up to a size in all: what was not asked for longest goes first.

export class Recent<Key, Value> {
  readonly #most: number
  readonly #sizeOf: (value: Value) => number
  /** Those asked for last at the end. */
  readonly #values = new Map<Key, Value>()
  #size = 0

  constructor(most: number, sizeOf: (value: Value) => number) {
    this.#most = most
    this.#sizeOf = sizeOf
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key)
    if (value !== undefined) {
      this.#values.delete(key)
      this.#values.set(key, value)
    }
    return value
  }

  /** One that is larger than all may be is kept until the next comes. */
  set(key: Key, value: Value): void {
    this.#delete(key)
    this.#values.set(key, value)
    this.#size += this.#sizeOf(value)
    for (const oldest of this.#values.keys()) {
      if (this.#size <= this.#most || this.#values.size === 1) return
      this.#delete(oldest)
    }
  }

  #delete(key: Key): void {
    const value = this.#values.get(key)
    if (value !== undefined && this.#values.delete(key)) this.#size -= this.#sizeOf(value)
  }
}
