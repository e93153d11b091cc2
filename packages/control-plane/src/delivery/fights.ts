// Fights over fields: who keeps taking them from us, how often we took them back, and until when they are left to whom.
// In memory: a hub that starts anew tries six times again.
import type { ObjectId } from '../object-id.ts'

/** Restores of one object against one manager within a minute, after which the fields are left to it for a time. */
export const maxRestoresPerMinute = 6
const minuteMs = 60_000
/** Of pauses, each of which is twice the one before. */
const longestPauseMs = 10 * minuteMs

/** Nobody owns the field: whoever took it away is not known. */
export const nobody = ''

interface Bout {
  readonly manager: string
  /** monotonic ms. */
  readonly restoredAt: readonly number[]
  /** Pauses so far; the fight is over once a restore holds for a minute. */
  readonly pauses: number
  readonly pausedUntil: number | undefined
}

/** Some fields are left to others for a while. */
export interface Truce {
  /** What we own of the object as long as nobody takes more. */
  readonly owned: string | undefined
  readonly endsInMs: number
}

export class Fights {
  readonly #bouts = new Map<ObjectId, readonly Bout[]>()
  /** Restores that nobody was asked about: the first of a minute. They count against whoever shows up. */
  readonly #blind = new Map<ObjectId, number>()
  readonly #truces = new Map<ObjectId, { readonly owned: string | undefined; readonly until: number }>()

  /** Restoring costs no look at who it was, once a minute. */
  isCalm(id: ObjectId, now: number): boolean {
    return !this.#bouts.has(id) && now - (this.#blind.get(id) ?? Number.NEGATIVE_INFINITY) >= minuteMs
  }

  noteBlind(id: ObjectId, now: number): void {
    this.#blind.set(id, now)
  }

  /** Which of `managers`, who have taken fields, keep them for now, and for how long, ms. */
  rivals(id: ObjectId, managers: readonly string[], now: number): ReadonlyMap<string, number> {
    const known = this.#bouts.get(id) ?? []
    const blind = [this.#blind.get(id) ?? []].flat()
    const bouts = managers.map((manager) => {
      const bout = known.find((one) => one.manager === manager)
      return nextBout(bout ?? { manager, restoredAt: blind, pauses: 0, pausedUntil: undefined }, now)
    })
    const others = known.filter(({ manager, ...bout }) => !managers.includes(manager) && !isOver(bout, now))
    this.#bouts.set(id, [...others, ...bouts])
    return new Map(bouts.flatMap(({ manager, pausedUntil }) => (pausedUntil ? [[manager, pausedUntil - now]] : [])))
  }

  /** Fields were taken back from `managers`. */
  noteRestore(id: ObjectId, managers: readonly string[], now: number): void {
    const bouts = (this.#bouts.get(id) ?? []).map((bout) =>
      managers.includes(bout.manager) ? { ...bout, restoredAt: [...bout.restoredAt, now] } : bout,
    )
    this.#bouts.set(id, bouts)
  }

  /** What is not left to `rivals` is ours. */
  agree(id: ObjectId, owned: string | undefined, rivals: ReadonlyMap<string, number>, now: number): void {
    if (rivals.size === 0) this.#truces.delete(id)
    else this.#truces.set(id, { owned, until: now + Math.min(...rivals.values()) })
  }

  truce(id: ObjectId, now: number): Truce | undefined {
    const truce = this.#truces.get(id)
    return truce && truce.until > now ? { owned: truce.owned, endsInMs: truce.until - now } : undefined
  }

  /** All is as we state it, or the object is none of ours any more. */
  forget(id: ObjectId, now: number): void {
    this.#truces.delete(id)
    if (now - (this.#blind.get(id) ?? now) >= minuteMs) this.#blind.delete(id)
    const left = (this.#bouts.get(id) ?? []).filter((bout) => !isOver(bout, now))
    if (left.length === 0) this.#bouts.delete(id)
    else this.#bouts.set(id, left)
  }
}

/** The manager has taken fields again: what comes of it. */
function nextBout(bout: Bout, now: number): Bout {
  const { manager, pauses, pausedUntil } = bout
  if (pausedUntil !== undefined) return now < pausedUntil ? bout : { ...bout, pausedUntil: undefined }
  const restoredAt = bout.restoredAt.filter((at) => now - at < minuteMs)
  if (restoredAt.length === 0) return { manager, restoredAt, pauses: 0, pausedUntil }
  if (pauses === 0 && restoredAt.length < maxRestoresPerMinute) return { ...bout, restoredAt }
  const pauseMs = Math.min(minuteMs * 2 ** pauses, longestPauseMs)
  return { manager, restoredAt: [], pauses: pauses + 1, pausedUntil: now + pauseMs }
}

function isOver({ restoredAt, pausedUntil }: Omit<Bout, 'manager'>, now: number): boolean {
  return pausedUntil === undefined && restoredAt.every((at) => now - at >= minuteMs)
}
