// For how long members were not heard by those who probe them: the truth that failover is judged by. Only time counts in
// which a process listened.
import type { Call } from '../sim-net.ts'

/** A member that was not heard for so long was silent, ms: an answer may take 15 s, and counts for the probe after it. */
const gapMs = 22_000

/** From one probe to the next, ms. */
const betweenMs = 6_000

type Place = `${string} ${string}`

export class Hearing {
  readonly #now: () => number
  readonly #servers = new Set<string>()
  /** By process: since when it listens; undefined: it is dead or paused. */
  readonly #awake = new Map<string, number | undefined>()
  /** By process and member: when it answered last. */
  readonly #heard = new Map<Place, number>()
  /** The same before the probe that goes on. */
  readonly #before = new Map<Place, number | undefined>()
  /** By process and member: silence until the process stopped listening, ms. */
  readonly #carried = new Map<Place, number>()
  /** By member: the silence that ended last. */
  readonly #ended = new Map<string, { readonly ms: number; readonly at: number }>()
  /** By member: since when it has answered anybody without a gap, and when last. */
  readonly #well = new Map<string, { readonly since: number; readonly at: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** A probe is heard once identity and, where it is asked, version have been answered. `isSame`: by who it is to be. */
  onAnswered({ process, server, purpose, verb }: Call, isSame: boolean): void {
    if (purpose !== 'probe' || !isSame || (verb !== 'raw' && verb !== 'get')) return
    const place: Place = `${process} ${server}`
    if (verb === 'get') this.#before.set(place, this.#heard.get(place))
    const ms = this.silentMs(server)
    if (ms > gapMs) this.#ended.set(server, { ms, at: this.#now() })
    this.#heard.set(place, this.#now())
    // What the dead had seen of it is over.
    for (const [other, since] of this.#awake) if (since === undefined) this.#carried.delete(`${other} ${server}`)
    this.#carried.delete(place)
    this.#noteWell(server)
  }

  onSent({ process, server, purpose, verb }: Call): void {
    if (purpose !== 'probe') return
    this.#servers.add(server)
    if (verb !== 'raw') return
    // The version is asked: until it is answered the identity alone is nothing.
    const place: Place = `${process} ${server}`
    const before = this.#before.get(place)
    if (before === undefined) this.#heard.delete(place)
    else this.#heard.set(place, before)
  }

  onWake(process: string): void {
    if (this.#awake.get(process) === undefined) this.#awake.set(process, this.#now())
  }

  onDeaf(process: string): void {
    for (const server of this.#servers) {
      const ms = this.#silenceFor(process, server)
      // Between two probes everybody is silent.
      this.#carried.set(`${process} ${server}`, ms > betweenMs ? ms : 0)
    }
    this.#awake.set(process, undefined)
  }

  /** The longest for which a process has not heard the member. */
  silentMs(server: string): number {
    return Math.max(0, ...Array.from(this.#awake.keys(), (process) => this.#silenceFor(process, server)))
  }

  /** It is silent for so long, or was, at the end of a silence that is not longer ago than `withinMs`. */
  wasSilent(server: string, neededMs: number, withinMs: number): boolean {
    // The first miss after a pause counts up to three intervals.
    const grace = this.#now() - this.#lastAwakeAt() < 120_000 ? 15_000 : 0
    if (this.silentMs(server) >= neededMs - grace) return true
    const ended = this.#ended.get(server)
    return ended !== undefined && ended.ms >= neededMs - grace && this.#now() - ended.at <= withinMs
  }

  /** Some process has begun to listen since the member was heard: the silence may be older than it looks. */
  hasWokenSince(server: string): boolean {
    return this.#now() - this.silentMs(server) <= this.#lastAwakeAt()
  }

  /** For how long it has answered somebody without a gap. */
  wellMs(server: string): number {
    const well = this.#well.get(server)
    return well === undefined ? 0 : this.#now() - well.since
  }

  #silenceFor(process: string, server: string): number {
    const place: Place = `${process} ${server}`
    const carried = this.#carried.get(place) ?? 0
    const awake = this.#awake.get(process)
    return awake === undefined ? carried : carried + this.#now() - Math.max(awake, this.#heard.get(place) ?? 0)
  }

  #lastAwakeAt(): number {
    return Math.max(0, ...Array.from(this.#awake.values(), (at) => at ?? 0))
  }

  #noteWell(server: string): void {
    const at = this.#now()
    const before = this.#well.get(server)
    const isGap = before === undefined || at - Math.max(before.at, this.#lastAwakeAt()) > gapMs
    this.#well.set(server, { since: isGap ? at : before.since, at })
  }
}
