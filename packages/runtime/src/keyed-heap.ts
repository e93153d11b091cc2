// A priority queue in which a key can be moved or removed: delayed work and timers. Every operation is O(log n).

interface Entry<K> {
  readonly key: K
  readonly at: number
  /** Ties are broken by age, so that order never depends on the shape of the heap. */
  readonly order: number
}

export class KeyedHeap<K> {
  readonly #entries: Entry<K>[] = []
  readonly #places = new Map<K, number>()
  #order = 0

  get size(): number {
    return this.#entries.length
  }

  /** The key with the smallest `at`. */
  peek(): { readonly key: K; readonly at: number } | undefined {
    return this.#entries[0]
  }

  at(key: K): number | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : this.#entries[place]?.at
  }

  /** Adds `key`, or moves it. */
  set(key: K, at: number): void {
    this.delete(key)
    const place = this.#entries.length
    this.#put({ key, at, order: this.#order++ }, place)
    this.#rise(place)
  }

  delete(key: K): boolean {
    const place = this.#places.get(key)
    if (place === undefined) return false
    this.#places.delete(key)
    const last = this.#entries.pop()
    if (last === undefined || place === this.#entries.length) return true
    this.#put(last, place)
    this.#rise(place)
    this.#sink(this.#places.get(last.key) ?? place)
    return true
  }

  pop(): K | undefined {
    const first = this.#entries[0]
    if (first === undefined) return undefined
    this.delete(first.key)
    return first.key
  }

  #put(entry: Entry<K>, place: number): void {
    this.#entries[place] = entry
    this.#places.set(entry.key, place)
  }

  #rise(from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#swapIfBefore(place, parent)) return
      place = parent
    }
  }

  #sink(from: number): void {
    let place = from
    while (true) {
      const child = this.#earlierChild(place)
      if (child === undefined || !this.#swapIfBefore(child, place)) return
      place = child
    }
  }

  #earlierChild(place: number): number | undefined {
    const left = this.#entries[2 * place + 1]
    const right = this.#entries[2 * place + 2]
    if (left === undefined) return undefined
    return right !== undefined && isBefore(right, left) ? 2 * place + 2 : 2 * place + 1
  }

  /** Swaps the entries at `a` and `b` when the one at `a` comes first. */
  #swapIfBefore(a: number, b: number): boolean {
    const [first, second] = [this.#entries[a], this.#entries[b]]
    if (first === undefined || second === undefined || !isBefore(first, second)) return false
    this.#put(first, b)
    this.#put(second, a)
    return true
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
