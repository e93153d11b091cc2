// The objects of one member that nothing claims, and since when.
import type { Orphan, Orphans } from '@flotilla/api/cluster'
import { timestamp } from '@flotilla/runtime/timestamp'
import { kindIdIn, objectIdIn, parseObjectId, type KindId, type ObjectId } from '../../object-id.ts'

/**
 * How long an object has to be unclaimed before it is an orphan: a template that is created anew, a policy that
 * changes hands and a removal that is just confirmed leave objects unclaimed for a moment.
 */
export const settlingMs = 60_000

/** Listed by name; the rest is counted. */
export const maxListed = 10

export interface Report {
  /** None: there are no orphans. */
  readonly orphans: Orphans | undefined
  /** Milliseconds until the next object counts as an orphan. */
  readonly nextInMs: number | undefined
}

export class Unclaimed {
  /** ms since 1970. */
  readonly #since = new Map<ObjectId, number>()
  /** What was reported before our start keeps its age. */
  readonly #reported: ReadonlyMap<ObjectId, number>

  constructor(reported: Orphans | undefined) {
    this.#reported = new Map((reported?.oldest ?? []).map((orphan) => [idOf(orphan), Date.parse(orphan.since)]))
  }

  get size(): number {
    return this.#since.size
  }

  /** True when it is news. */
  add(id: ObjectId, now: number): boolean {
    if (this.#since.has(id)) return false
    this.#since.set(id, Math.min(this.#reported.get(id) ?? now, now))
    return true
  }

  /** True when it was there. */
  delete(id: ObjectId): boolean {
    return this.#since.delete(id)
  }

  /** Of the kinds of which all objects are known. */
  report(now: number, isComplete: (kind: KindId) => boolean): Report {
    const known = [...this.#since].filter(([id]) => isComplete(kindIdIn(id)))
    const orphans = known.filter(([, since]) => now - since >= settlingMs)
    const waits = known.filter(([, since]) => now - since < settlingMs).map(([, since]) => since + settlingMs - now)
    return {
      orphans: orphans.length === 0 ? undefined : { count: orphans.length, oldest: oldestOf(orphans) },
      nextInMs: waits.length === 0 ? undefined : waits.reduce((least, wait) => Math.min(least, wait)),
    }
  }
}

function oldestOf(orphans: readonly (readonly [ObjectId, number])[]): readonly Orphan[] {
  const ordered = orphans.toSorted(([a, since], [b, other]) => since - other || (a < b ? -1 : 1))
  return ordered.slice(0, maxListed).map(([id, since]) => {
    const { group, kind, namespace, name } = parseObjectId(id)
    return { group, kind, ...(namespace === '' ? {} : { namespace }), name, since: timestamp(since) }
  })
}

function idOf({ group, kind, namespace, name }: Orphan): ObjectId {
  return objectIdIn(`${group}/${kind}`, namespace === undefined ? name : `${namespace}/${name}`)
}
