// How many requests a server gets per second: a token bucket that shrinks when the server is overloaded and grows back.
import type { Env } from '@flotilla/runtime/env'
import { aborted } from './abort.ts'

export interface RequestBudgetOptions {
  readonly env: Env
  /** Requests per second when all is well. Default 1,000. */
  readonly perSecond?: number
}

export interface RequestReport {
  readonly status: number
  /** Of a write, to the answer's headers. */
  readonly latencyMs?: number
  readonly retryAfterMs?: number
}

export interface RequestBudget {
  /** Resolves when the request may go, in the order of asking. Throws Unavailable when `signal` aborts first. */
  acquire(signal?: AbortSignal): Promise<void>
  report(report: RequestReport): void
  /** Requests per second now. */
  readonly rate: number
}

/** The rate never sinks below this part of the full one. */
const floor = 0.01
/** A cut needs a second to show its effect before the next. */
const cutEveryMs = 1000
/** Part of the full rate that is regained each second without trouble. */
const growth = 0.05
/** Latency is rising when its quick average is so many times the slow one, and worth noticing at all. */
const risingFactor = 4
const noticeableMs = 200

export function createRequestBudget({ env, perSecond = 1000 }: RequestBudgetOptions): RequestBudget {
  const { clock, timers } = env
  // Half a second's worth may go at once.
  const burst = Math.max(1, perSecond / 2)
  let rate = perSecond
  let tokens = burst
  let refilledAt = clock.monotonic()
  let lastCutAt = Number.NEGATIVE_INFINITY
  let pausedUntil = 0
  let quick = 0
  let slow = 0
  let queue: Promise<void> = Promise.resolve()

  function refill(): void {
    const now = clock.monotonic()
    const seconds = Math.max(0, now - refilledAt) / 1000
    refilledAt = now
    tokens = Math.min(burst, tokens + seconds * rate)
    if (now - lastCutAt > cutEveryMs) rate = Math.min(perSecond, rate + seconds * growth * perSecond)
  }

  function cut(): void {
    const now = clock.monotonic()
    if (now - lastCutAt < cutEveryMs) return
    lastCutAt = now
    rate = Math.max(perSecond * floor, rate / 2)
    tokens = Math.min(tokens, rate)
  }

  function waitMs(): number {
    refill()
    const pause = pausedUntil - clock.monotonic()
    const forToken = tokens >= 1 ? 0 : ((1 - tokens) / rate) * 1000
    return Math.max(pause, forToken)
  }

  async function take(signal: AbortSignal | undefined): Promise<void> {
    for (let wait = waitMs(); wait > 0; wait = waitMs()) {
      if (signal?.aborted === true) break
      await timers.sleep(Math.max(1, Math.ceil(wait)), signal)
    }
    if (signal?.aborted === true) throw aborted(signal)
    tokens -= 1
  }

  return {
    acquire(signal) {
      const turn = queue.then(() => take(signal))
      queue = turn.catch(() => undefined)
      return turn
    },
    report({ status, latencyMs, retryAfterMs }) {
      if (status === 429) cut()
      if (retryAfterMs !== undefined) pausedUntil = Math.max(pausedUntil, clock.monotonic() + retryAfterMs)
      if (latencyMs === undefined) return
      quick = quick === 0 ? latencyMs : quick * 0.8 + latencyMs * 0.2
      slow = slow === 0 ? latencyMs : slow * 0.99 + latencyMs * 0.01
      if (quick > noticeableMs && quick > slow * risingFactor) cut()
    },
    get rate() {
      refill()
      return rate
    },
  }
}
