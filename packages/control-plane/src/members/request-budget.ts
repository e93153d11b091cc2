// How fast one member is asked: a rate that is halved when the member struggles and grows back when it does not.
import { isError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'

export interface BudgetOptions {
  /** Requests per second while all is well. */
  readonly rate: number
  readonly leastRate?: number
  /** Requests that may be sent at once after a pause. Default: those of 100 ms. */
  readonly burst?: number
}

/** What may be sent at once after a pause unless it is given, as time at the current rate. */
const defaultBurstMs = 100
/** The rate is halved and grows at most so often. */
const adaptEveryMs = 1_000
const growth = 1.2
/** An answer this slow, and this many times slower than the best, says that the member is overloaded. */
const slowMs = 1_000
const slowTimes = 8
/**
 * Requests per second that slow answers alone leave: below it the number of requests under way limits more than any
 * rate, and a member that is merely busy would be starved.
 */
const leastSlowRate = 50

export class RequestBudget {
  readonly #env: Env
  readonly #fullRate: number
  readonly #leastRate: number
  readonly #burst: number | undefined
  #rate: number
  /** When the next request is due, ms on the monotonic clock. */
  #nextAt = Number.NEGATIVE_INFINITY
  #adaptedAt = Number.NEGATIVE_INFINITY
  #bestMs = Number.POSITIVE_INFINITY

  constructor(env: Env, { rate, leastRate = 5, burst }: BudgetOptions) {
    this.#env = env
    this.#fullRate = rate
    this.#leastRate = Math.min(leastRate, rate)
    this.#burst = burst
    this.#rate = rate
  }

  /** Requests per second now. */
  get rate(): number {
    return this.#rate
  }

  /** Resolves when a request may be sent; undefined when it may be sent at once. */
  take(signal?: AbortSignal): Promise<void> | undefined {
    const now = this.#env.clock.monotonic()
    const at = Math.max(this.#nextAt, now - this.#burstMs)
    this.#nextAt = at + 1000 / this.#rate
    return at > now ? this.#env.timers.sleep(at - now, signal) : undefined
  }

  /** How a request went: `tookMs` and what it threw. */
  observe(tookMs: number, error?: unknown): void {
    if (isError(error, 'TooManyRequests')) this.#adapt(this.#rate / 2)
    else if (this.#isSlow(tookMs)) this.#adapt(Math.min(this.#rate, Math.max(leastSlowRate, this.#rate / 2)))
    else if (error === undefined && this.#rate < this.#fullRate) this.#adapt(this.#rate * growth)
    if (error === undefined) this.#bestMs = Math.min(this.#bestMs, Math.max(1, tookMs))
  }

  get #burstMs(): number {
    return this.#burst === undefined ? defaultBurstMs : (this.#burst * 1000) / this.#rate
  }

  #isSlow(tookMs: number): boolean {
    return tookMs > slowMs && tookMs > this.#bestMs * slowTimes
  }

  #adapt(rate: number): void {
    const now = this.#env.clock.monotonic()
    if (now - this.#adaptedAt < adaptEveryMs) return
    this.#adaptedAt = now
    this.#rate = Math.min(this.#fullRate, Math.max(this.#leastRate, rate))
  }
}
