// Rows by key with their indexes and listeners: what an informer holds.
import type { Logger } from './log.ts'
import type { Change } from './source.ts'

export type IndexFunctions<Row> = Readonly<Record<string, (row: Row) => readonly string[]>>

interface Index<Row> {
  readonly valuesOf: (row: Row) => readonly string[]
  readonly keys: Map<string, Set<string>>
}

interface Entry<Row> {
  readonly row: Row
  /** Of the object that the row was made of: an unchanged version is no change. */
  readonly resourceVersion: string
}

export class RowTable<Row> {
  readonly #entries = new Map<string, Entry<Row>>()
  readonly #indexes = new Map<string, Index<Row>>()
  readonly #listeners = new Set<(change: Change<Row>) => void>()
  readonly #log: Logger

  constructor(indexes: IndexFunctions<Row>, log: Logger) {
    this.#log = log
    for (const [name, valuesOf] of Object.entries(indexes)) this.#indexes.set(name, { valuesOf, keys: new Map() })
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Row | undefined {
    return this.#entries.get(key)?.row
  }

  keys(): Iterable<string> {
    return this.#entries.keys()
  }

  *rows(): Iterable<Row> {
    for (const entry of this.#entries.values()) yield entry.row
  }

  byIndex(name: string, value: string): readonly Row[] {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`Cannot look up ${value}: there is no index ${name}`)
    const rows: Row[] = []
    for (const key of index.keys.get(value) ?? []) {
      const entry = this.#entries.get(key)
      if (entry !== undefined) rows.push(entry.row)
    }
    return rows
  }

  /** True when `key` holds the row of just this version. */
  isCurrent(key: string, resourceVersion: string): boolean {
    return this.#entries.get(key)?.resourceVersion === resourceVersion
  }

  set(key: string, row: Row, resourceVersion: string): void {
    const before = this.#entries.get(key)?.row
    this.#entries.set(key, { row, resourceVersion })
    this.#reindex(key, before, row)
    this.#tell(before === undefined ? { key, after: row } : { key, before, after: row })
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#reindex(key, entry.row, undefined)
    this.#tell({ key, before: entry.row })
  }

  listen(listener: (change: Change<Row>) => void): () => void {
    for (const [key, { row }] of this.#entries) this.#call(listener, { key, after: row })
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(change: Change<Row>): void {
    for (const listener of this.#listeners) this.#call(listener, change)
  }

  /** One listener's bug must not keep the change from the others, nor end the watch. */
  #call(listener: (change: Change<Row>) => void, change: Change<Row>): void {
    try {
      listener(change)
    } catch (err) {
      this.#log.error({ err, key: change.key }, 'A listener failed on a change')
    }
  }

  #reindex(key: string, before: Row | undefined, after: Row | undefined): void {
    for (const index of this.#indexes.values()) {
      const old = before === undefined ? [] : index.valuesOf(before)
      const now = after === undefined ? [] : index.valuesOf(after)
      if (isSameList(old, now)) continue
      for (const value of old) removeKey(index.keys, value, key)
      for (const value of now) addKey(index.keys, value, key)
    }
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

function addKey(keys: Map<string, Set<string>>, value: string, key: string): void {
  const found = keys.get(value)
  if (found === undefined) keys.set(value, new Set([key]))
  else found.add(key)
}

function removeKey(keys: Map<string, Set<string>>, value: string, key: string): void {
  const found = keys.get(value)
  found?.delete(key)
  if (found?.size === 0) keys.delete(value)
}
