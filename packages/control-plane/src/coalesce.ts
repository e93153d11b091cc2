// Gathers changes that come in bursts: one run for many of them.
import type { Env, Timer } from '@flotilla/runtime/env'

export interface CoalesceOptions {
  readonly env: Env
  /** From the first change to the run. */
  readonly delayMs: number
  /** Between two runs of one key. */
  readonly intervalMs: number
  readonly run: (key: string) => void
}

export class Coalescer {
  readonly #options: CoalesceOptions
  readonly #timers = new Map<string, Timer>()
  /** ms on the monotonic clock. */
  readonly #lastRun = new Map<string, number>()

  constructor(options: CoalesceOptions) {
    this.#options = options
  }

  add(key: string): void {
    if (this.#timers.has(key)) return
    const { env, delayMs, intervalMs, run } = this.#options
    const now = env.clock.monotonic()
    const least = (this.#lastRun.get(key) ?? Number.NEGATIVE_INFINITY) + intervalMs - now
    const timer = env.timers.after(Math.max(delayMs, least), () => {
      this.#timers.delete(key)
      this.#lastRun.set(key, env.clock.monotonic())
      run(key)
    })
    this.#timers.set(key, timer)
  }

  forget(key: string): void {
    this.#lastRun.delete(key)
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
