// Room that decisions have given away and that members' free room does not show yet: what keeps two bindings, or one
// that is decided twice, from being given the same room.
import type { Decision } from '@flotilla/api/resource-binding'
import { requestKey } from '@flotilla/scheduler/fit'
import type { Reservation } from '@flotilla/scheduler/occupy'
import type { Requirements } from '@flotilla/scheduler/requirements'
import type { Binding } from '../../hub.ts'
import type { Readings } from '../../readings.ts'
import { replicasOf, requirementsOf } from '../../requirements.ts'

/** A replica that is not ready after so long has taken its room, or will not; nor is a member that is not read for so long. */
export const growingForMs = 600_000
const sweepEveryMs = 15_000

export interface Growth {
  readonly ready: number
  /** Replicas decided and not seen ready. */
  readonly growing: number
}

interface Pending extends Growth {
  readonly growingSince: number
  /** Replicas that became ready, when the last did. */
  readonly unseen: number
  readonly unseenSince: number
  /** What is reserved for both. */
  readonly counted: number
}

interface Request {
  readonly key: string
  readonly requirements: Requirements | undefined
}

interface Claims {
  readonly request: Request
  /** By cluster id. */
  readonly pending: ReadonlyMap<string, Pending>
}

export interface ReservationsDeps {
  /** Monotonic milliseconds, of the clock that `readings` goes by. */
  readonly now: () => number
  readonly readings: Readings
  /** Hears of clusters on which less is reserved than was. */
  readonly onLess?: (clusterId: string) => void
}

export class Reservations {
  readonly #now: () => number
  readonly #readings: Readings
  readonly #onLess: (clusterId: string) => void
  /** By key of binding. */
  readonly #claims = new Map<string, Claims>()
  /** By cluster id and what a replica asks for: few workloads differ in that, however many there are. */
  readonly #totals = new Map<string, Map<string, Reservation>>()
  readonly #lists = new Map<string, readonly Reservation[]>()
  #sweepAt = 0

  constructor({ now, readings, onLess = () => {} }: ReservationsDeps) {
    this.#now = now
    this.#readings = readings
    this.#onLess = onLess
  }

  /** Takes in what a binding says, or with `decision` is about to say. */
  take(key: string, binding: Binding, decision: Decision | undefined = binding.spec.decision): void {
    const now = this.#now()
    const before = this.#claims.get(key)
    const growing = growingOn(binding, decision)
    const pending = new Map<string, Pending>()
    for (const id of new Set([...growing.keys(), ...(before?.pending.keys() ?? [])])) {
      const next = this.#follow(id, before?.pending.get(id) ?? none, growing.get(id) ?? noGrowth, now)
      if (next.growing > 0 || next.unseen > 0) pending.set(id, next)
    }
    this.#replace(key, before, pending.size > 0 ? { request: requestOf(binding), pending } : undefined)
  }

  forget(key: string): void {
    this.#replace(key, this.#claims.get(key), undefined)
  }

  /** The same list as long as nothing changes. */
  on(clusterId: string): readonly Reservation[] {
    this.#sweep()
    const known = this.#lists.get(clusterId)
    if (known !== undefined) return known
    const list = [...(this.#totals.get(clusterId)?.values() ?? [])]
    this.#lists.set(clusterId, list)
    return list
  }

  #sweep(): void {
    const now = this.#now()
    if (now < this.#sweepAt) return
    this.#sweepAt = now + sweepEveryMs
    for (const [key, claims] of this.#claims) {
      const pending = new Map<string, Pending>()
      for (const [id, each] of claims.pending) {
        const next = this.#follow(id, each, each, now)
        if (next.growing > 0 || next.unseen > 0) pending.set(id, next)
      }
      this.#replace(key, claims, pending.size > 0 ? { ...claims, pending } : undefined)
    }
  }

  /** What became ready is reserved until free room that was read afterwards shows it. */
  #follow(id: string, before: Pending, { ready, growing }: Growth, now: number): Pending {
    const becameReady = Math.min(before.growing, Math.max(0, ready - before.ready))
    const isSeen = now - before.unseenSince >= growingForMs || this.#readings.isSince(id, before.unseenSince)
    const unseen = (isSeen ? 0 : before.unseen) + becameReady
    const unseenSince = becameReady > 0 ? now : before.unseenSince
    const growingSince = growing === before.growing ? before.growingSince : now
    const counted = (now - growingSince < growingForMs ? growing : 0) + unseen
    return { ready, growing, growingSince, unseen, unseenSince, counted }
  }

  #replace(key: string, before: Claims | undefined, after: Claims | undefined): void {
    const isSameRequest = before?.request.key === after?.request.key
    for (const [id, { counted }] of before?.pending ?? []) {
      const kept = isSameRequest ? (after?.pending.get(id)?.counted ?? 0) : 0
      this.#add(id, before?.request, kept - counted)
    }
    for (const [id, { counted }] of after?.pending ?? []) {
      if (!isSameRequest || before?.pending.get(id) === undefined) this.#add(id, after?.request, counted)
    }
    if (after === undefined) this.#claims.delete(key)
    else this.#claims.set(key, after)
  }

  #add(id: string, request: Request | undefined, replicas: number): void {
    if (replicas === 0 || request === undefined) return
    const { key, requirements } = request
    const totals = this.#totals.get(id) ?? new Map<string, Reservation>()
    const total = (totals.get(key)?.replicas ?? 0) + replicas
    if (total === 0) totals.delete(key)
    else totals.set(key, { replicas: total, ...(requirements === undefined ? {} : { requirements }) })
    if (totals.size === 0) this.#totals.delete(id)
    else this.#totals.set(id, totals)
    this.#lists.delete(id)
    if (replicas < 0) this.#onLess(id)
  }
}

const none: Pending = { ready: 0, growing: 0, growingSince: 0, unseen: 0, unseenSince: 0, counted: 0 }

function requestOf({ spec }: Binding): Request {
  const requirements = requirementsOf(spec)
  return { key: requestKey(requirements), requirements }
}

const noGrowth: Growth = { ready: 0, growing: 0 }

/** What clusters are to have by `decision` and do not have yet, by id; nothing of objects without replicas. */
export function growingOn(binding: Binding, decision: Decision | undefined): ReadonlyMap<string, Growth> {
  if (replicasOf(binding.spec) === undefined) return new Map()
  const { clusters = [], decisionHash, summary } = binding.status ?? {}
  const outcomes = new Map(clusters.map((outcome) => [outcome.name, outcome]))
  const isCurrent = decisionHash === decision?.forHash
  // Past 256 clusters a status leaves out those that are healthy.
  const isListed = (summary?.clusters ?? 0) <= clusters.length
  return new Map(
    (decision?.clusters ?? []).map(({ id, name, replicas = 0 }) => {
      const outcome = outcomes.get(name)
      const isThere = outcome === undefined ? !isListed : isCurrent && outcome.health === 'Healthy'
      const ready = isThere ? replicas : (outcome?.readyReplicas ?? 0)
      return [id, { ready, growing: Math.max(0, replicas - ready) }]
    }),
  )
}
