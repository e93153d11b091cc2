// Where objects live: one revision counter for everything, a sorted index of what is, a log of what changed.
import type { KubeObject } from '@flotilla/machinery/object'

/** An object with its place. `revision` equals its `metadata.resourceVersion`. */
export interface Stored {
  /** `RESOURCE.GROUP/NAMESPACE/NAME`, or `RESOURCE.GROUP/NAME` for a cluster-scoped object. */
  readonly key: string
  readonly object: KubeObject
  readonly revision: number
}

export interface Write {
  readonly key: string
  /** 0: must not exist. Another number: must be at this revision. Absent: whatever is there. */
  readonly expectedRevision?: number
  /** Absent: delete. */
  readonly object?: KubeObject
}

export interface StoreEvent extends Stored {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly before?: Stored
}

export interface ListRange {
  /** `RESOURCE.GROUP/` or `RESOURCE.GROUP/NAMESPACE/`. */
  readonly prefix: string
  /** Only keys behind this one. */
  readonly after?: string
  readonly limit?: number
  /** As things were at this revision; absent: now. */
  readonly revision?: number
}

export interface ListResult {
  readonly items: readonly Stored[]
  /** The revision that the items are consistent at. */
  readonly revision: number
  /** How many items of the range follow. */
  readonly remaining: number
}

/**
 * Reads are answered from memory, at once. Writes are checked at once, against `head`, and answered when they are
 * durable; until then `get`, `list` and the events do not show them.
 */
export interface Store extends AsyncDisposable {
  /** Of the last durable write. */
  readonly revision: number
  /** Events up to here, and lists before it, are gone. */
  readonly compactedRevision: number
  get(key: string): Stored | undefined
  /** As `get`, with writes that are still on their way to the disk: what the next write builds upon. */
  head(key: string): Stored | undefined
  /** Throws Expired for a revision that was compacted. */
  list(range: ListRange): ListResult
  /**
   * All or none. Every write takes the next revision and is stamped with it. Throws AlreadyExists or Conflict when
   * an expectation fails, Unavailable when the disk does.
   */
  transact(writes: readonly Write[]): Promise<readonly Stored[]>
  /** Throws Expired when `revision` was compacted. */
  eventsSince(revision: number, resource?: string): readonly StoreEvent[]
  /** Calls `listener` with each durable change of `RESOURCE.GROUP` (absent: of anything). Returns the way out. */
  subscribe(resource: string | undefined, listener: (event: StoreEvent) => void): () => void
  /** Forgets events up to `revision`. */
  compact(revision: number): void
  close(): Promise<void>
}

/** The part of a key that names its resource. */
export function resourceOfKey(key: string): string {
  return key.slice(0, key.indexOf('/'))
}
