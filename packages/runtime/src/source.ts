// Where changes come from: an informer, a member's rows, anything that a controller can watch.

export interface Change<Row> {
  readonly key: string
  /** Absent when the row is new. */
  readonly before?: Row
  /** Absent when the row is gone. */
  readonly after?: Row
}

export interface Source<Row> {
  /** Calls `listener` on each change from now on, and at once with every row already held. Returns the way out. */
  onChange(listener: (change: Change<Row>) => void): () => void
  /** Resolves when everything that existed at the start has been seen. */
  synced(): Promise<void>
  readonly hasSynced: boolean
}
