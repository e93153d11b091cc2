// Gathers changes that come in bursts: one run for many of them.
import type { Env, Timer } from '@flotilla/runtime/env'

export interface CoalesceOptions {
  readonly env: Env
  /** From the first change to the run. */
  readonly delayMs: number
  /** Between two runs of one key. */
  readonly intervalMs: number
  readonly run: (key: string) => void
  /** Asked when a run is due. A promise: the key goes on gathering changes until it resolves. */
  readonly pace?: (key: string) => Promise<void> | undefined
}

export class Coalescer {
  readonly #options: CoalesceOptions
  readonly #timers = new Map<string, Timer>()
  /** ms on the monotonic clock. */
  readonly #lastRun = new Map<string, number>()
  #isStopped = false

  constructor(options: CoalesceOptions) {
    this.#options = options
  }

  add(key: string): void {
    if (this.#timers.has(key)) return
    const { env, delayMs, intervalMs } = this.#options
    const now = env.clock.monotonic()
    const least = (this.#lastRun.get(key) ?? Number.NEGATIVE_INFINITY) + intervalMs - now
    this.#timers.set(
      key,
      env.timers.after(Math.max(delayMs, least), () => this.#due(key)),
    )
  }

  forget(key: string): void {
    this.#lastRun.delete(key)
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #due(key: string): void {
    const wait = this.#options.pace?.(key)
    if (wait) void wait.then(() => this.#run(key))
    else this.#run(key)
  }

  #run(key: string): void {
    if (this.#isStopped) return
    this.#timers.delete(key)
    this.#lastRun.set(key, this.#options.env.clock.monotonic())
    this.#options.run(key)
  }
}
