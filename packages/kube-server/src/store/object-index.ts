// The objects that exist now, by key and in key order, one sorted list for each resource.
import type { Stored } from './store.ts'
import { resourceOfKey } from './store.ts'

interface Bucket {
  readonly byKey: Map<string, Stored>
  readonly keys: string[]
}

const empty: Bucket = { byKey: new Map(), keys: [] }

export class ObjectIndex {
  private readonly buckets = new Map<string, Bucket>()

  get(key: string): Stored | undefined {
    return this.buckets.get(resourceOfKey(key))?.byKey.get(key)
  }

  put(stored: Stored): void {
    const bucket = this.bucketFor(stored.key)
    if (!bucket.byKey.has(stored.key)) insertSorted(bucket.keys, stored.key)
    bucket.byKey.set(stored.key, stored)
  }

  delete(key: string): void {
    const bucket = this.buckets.get(resourceOfKey(key))
    if (!bucket?.byKey.delete(key)) return
    bucket.keys.splice(lowerBound(bucket.keys, key), 1)
  }

  /** Keys that begin with `prefix`, in order, and the objects behind them. */
  range(prefix: string): { keys: readonly string[]; start: number; end: number; byKey: ReadonlyMap<string, Stored> } {
    const { keys, byKey } = this.buckets.get(resourceOfKey(prefix)) ?? empty
    return { keys, start: lowerBound(keys, prefix), end: lowerBound(keys, afterPrefix(prefix)), byKey }
  }

  private bucketFor(key: string): Bucket {
    const resource = resourceOfKey(key)
    const known = this.buckets.get(resource)
    if (known) return known
    const bucket: Bucket = { byKey: new Map(), keys: [] }
    this.buckets.set(resource, bucket)
    return bucket
  }
}

/** The first index whose key is not below `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

function insertSorted(keys: string[], key: string): void {
  const last = keys.at(-1)
  if (last === undefined || last < key) keys.push(key)
  else keys.splice(lowerBound(keys, key), 0, key)
}

/** A key above all keys that begin with `prefix`; prefixes end with a slash. */
function afterPrefix(prefix: string): string {
  return `${prefix.slice(0, -1)}0`
}
