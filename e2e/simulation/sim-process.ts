// A process that can be paused, put on another clock and killed at any await: all that it knows of time, chance and the
// world comes through here, and a dead process hears nothing any more.
import { createMemoryMetrics } from '@flotilla/runtime/memory-metrics'
import type { Env, Timer } from '@flotilla/runtime/env'
import type { Logger } from '@flotilla/runtime/log'
import { randomUuidFrom, seededRandom } from '@flotilla/runtime/seeded-random'
import { sleepOn } from '@flotilla/runtime/sleep'

/** stopped: time goes on without it, as for a long collection of garbage. asleep: its monotonic clock stands still. */
export type Pause = 'stopped' | 'asleep'

export interface SimProcessOptions {
  readonly name: string
  /** The world's: the truth about time. */
  readonly world: Env
  readonly seed: number
  /** Ms by which its wall clock is wrong. */
  readonly skewMs?: number
  /** Called with what it logs as an error: something that nobody foresaw. */
  readonly onError: (message: string) => void
}

interface PendingTimer {
  /** On the monotonic clock of the process. */
  readonly due: number
  readonly run: () => void
  armed: Timer
}

export class SimProcess {
  readonly name: string
  readonly env: Env
  readonly #world: Env
  readonly #startedAt: number
  readonly #pending = new Set<PendingTimer>()
  readonly #death = new AbortController()
  /** What reached it while it was paused, in its order. */
  #mail: (() => void)[] = []
  #paused: { readonly how: Pause; readonly since: number } | undefined
  #sleptMs = 0
  #skewMs: number

  constructor({ name, world, seed, skewMs = 0, onError }: SimProcessOptions) {
    this.name = name
    this.#world = world
    this.#skewMs = skewMs
    this.#startedAt = world.clock.monotonic()
    const uuidRandom = seededRandom(seed + 1)
    const after = (delayMs: number, run: () => void) => this.#after(delayMs, run)
    this.env = {
      clock: { now: () => world.clock.now() + this.#skewMs, monotonic: () => this.#monotonic() },
      timers: {
        after,
        sleep: sleepOn(after),
        yield: () => (this.isDead ? never : world.timers.yield()),
        turn: () => undefined,
      },
      random: seededRandom(seed),
      uuid: () => randomUuidFrom(uuidRandom),
      log: errorsOnly(onError),
      metrics: createMemoryMetrics(),
    }
  }

  get isDead(): boolean {
    return this.#death.signal.aborted
  }

  /** Aborts when it dies: the other ends of its connections see them break. */
  get death(): AbortSignal {
    return this.#death.signal
  }

  /** Everything in its memory is gone; what it had sent goes on its way. */
  crash(): void {
    for (const timer of this.#pending) timer.armed.cancel()
    this.#pending.clear()
    this.#mail = []
    this.#death.abort()
  }

  pause(how: Pause): void {
    this.#paused ??= { how, since: this.#world.clock.monotonic() }
  }

  resume(): void {
    const paused = this.#paused
    if (paused === undefined || this.isDead) return
    this.#paused = undefined
    if (paused.how === 'asleep') this.#sleptMs += this.#world.clock.monotonic() - paused.since
    // Timers first, as event loops do; then what came in.
    for (const timer of this.#pending) {
      timer.armed.cancel()
      this.#arm(timer)
    }
    const mail = this.#mail
    this.#mail = []
    for (const open of mail) this.#world.timers.after(0, () => this.deliver(open))
  }

  /** Its wall clock is put forward (or back) by so much. */
  skew(ms: number): void {
    this.#skewMs += ms
  }

  /** Something from outside reaches it: now, when it goes on, or never. */
  deliver(receive: () => void): void {
    if (this.isDead) return
    if (this.#paused !== undefined) this.#mail.push(receive)
    else receive()
  }

  #monotonic(): number {
    const now = this.#paused?.how === 'asleep' ? this.#paused.since : this.#world.clock.monotonic()
    return now - this.#startedAt - this.#sleptMs
  }

  #after(delayMs: number, run: () => void): Timer {
    const timer = { due: this.#monotonic() + Math.max(0, delayMs), run } as PendingTimer
    if (this.isDead) return { cancel: () => {} }
    this.#pending.add(timer)
    this.#arm(timer)
    return {
      cancel: () => {
        this.#pending.delete(timer)
        timer.armed.cancel()
      },
    }
  }

  #arm(timer: PendingTimer): void {
    timer.armed = this.#world.timers.after(timer.due - this.#monotonic(), () => {
      // Armed anew when it goes on.
      if (this.#paused !== undefined) return
      this.#pending.delete(timer)
      timer.run()
    })
  }
}

/** What a dead process awaits. */
export const never = new Promise<never>(() => {})

function errorsOnly(onError: (message: string) => void): Logger {
  const log: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: ({ err }, message) => onError(err instanceof Error ? `${message}: ${err.stack ?? err.message}` : message),
    child: () => log,
  }
  return log
}
