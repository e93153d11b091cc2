// Keys waiting to be worked on: each at most once, never by two workers at a time, delayed and backed off.
import { backoffDelay, type Backoff } from './backoff.ts'
import type { Env, Timer } from './env.ts'
import { UniqueFifo } from './fifo.ts'
import { KeyedHeap } from './keyed-heap.ts'
import type { Gauge, Histogram } from './metrics.ts'

export interface WorkQueueOptions {
  /** For metrics. */
  readonly name: string
  /** Default: 20 ms, doubled by each failure up to 5 minutes. */
  readonly backoff?: Backoff
}

const defaultBackoff: Backoff = { baseMs: 20, maxMs: 300_000 }
/** A change may be what a failed key lacked: then it is tried before its backoff is over, but no sooner than this. */
const longestHoldMs = 1000

/**
 * A worker takes a key with `next`, and gives it back with `done`. A key that is added while a worker has it
 * waits for `done`, then comes again: no change is lost, and the works on one key never overlap.
 */
export class WorkQueue {
  readonly #env: Env
  readonly #name: string
  readonly #backoff: Backoff
  readonly #ready = new UniqueFifo<string>()
  readonly #running = new Set<string>()
  /** Added while running. */
  readonly #again = new Set<string>()
  readonly #delayed = new KeyedHeap<string>()
  readonly #failures = new Map<string, number>()
  /** Of failed keys, until when no change makes them ready: what changes as they fail would have them fail for ever. */
  readonly #heldUntil = new Map<string, number>()
  readonly #addedAt = new Map<string, number>()
  #waiters: ((key: string | undefined) => void)[] = []
  #idlers: (() => void)[] = []
  #timer: { readonly timer: Timer; readonly at: number } | undefined
  #isClosed = false
  readonly #depthGauge: Gauge
  readonly #waitHistogram: Histogram

  constructor(env: Env, options: WorkQueueOptions) {
    this.#env = env
    this.#name = options.name
    this.#backoff = options.backoff ?? defaultBackoff
    this.#depthGauge = env.metrics.gauge(metricNames.depth)
    this.#waitHistogram = env.metrics.histogram(metricNames.wait)
  }

  /** Keys ready to be taken. */
  get depth(): number {
    return this.#ready.size
  }

  /** Nothing is ready or running; delayed keys do not count. */
  get isIdle(): boolean {
    return this.#ready.size === 0 && this.#running.size === 0
  }

  /** Resolves when the queue is idle. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#idlers.push(resolve))
  }

  /** Makes `key` ready now, whatever delay it had; when it has failed, a short while after that. */
  add(key: string): void {
    const heldMs = (this.#heldUntil.get(key) ?? 0) - this.#env.clock.monotonic()
    if (heldMs > 0 && !this.#running.has(key)) this.addAfter(key, heldMs)
    else this.#addNow(key)
  }

  /** Makes `key` ready after `delayMs`, or earlier when an earlier time was asked for. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed || this.#ready.has(key) || this.#again.has(key)) return
    if (delayMs <= 0) return this.add(key)
    const at = this.#env.clock.monotonic() + delayMs
    if ((this.#delayed.at(key) ?? Number.POSITIVE_INFINITY) <= at) return
    this.#delayed.set(key, at)
    this.#armTimer()
  }

  /** Counts a failure of `key` and adds it after the delay that follows, at least `leastMs`. Returns that delay. */
  backOff(key: string, leastMs = 0): number {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    const delayMs = Math.max(leastMs, backoffDelay(failures, this.#backoff, this.#env.random))
    const heldMs = Math.max(leastMs, Math.min(delayMs, longestHoldMs))
    this.#heldUntil.set(key, this.#env.clock.monotonic() + heldMs)
    this.addAfter(key, delayMs)
    return delayMs
  }

  /** Failures counted since the last `forget`. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** Counts a failure without a delay. */
  noteFailure(key: string): void {
    this.#failures.set(key, this.failures(key) + 1)
  }

  /** Ends the backoff of `key`. */
  forget(key: string): void {
    this.#failures.delete(key)
    this.#heldUntil.delete(key)
  }

  /** The next ready key; waits for one. Undefined once the queue is closed. */
  next(): Promise<string | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined)
    const key = this.#take()
    if (key !== undefined) return Promise.resolve(key)
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  /** The worker that took `key` is done with it. */
  done(key: string): void {
    this.#running.delete(key)
    if (this.#again.delete(key)) this.add(key)
    if (this.isIdle) this.#releaseIdlers()
  }

  /** Drops everything that waits; workers get undefined. */
  close(): void {
    this.#isClosed = true
    this.#timer?.timer.cancel()
    this.#again.clear()
    while (this.#ready.shift() !== undefined);
    for (const resolve of this.#waiters.splice(0)) resolve(undefined)
    if (this.isIdle) this.#releaseIdlers()
  }

  #addNow(key: string): void {
    if (this.#isClosed) return
    this.#delayed.delete(key)
    if (this.#running.has(key)) {
      this.#again.add(key)
      return
    }
    if (!this.#ready.push(key)) return
    this.#addedAt.set(key, this.#env.clock.monotonic())
    this.#showDepth()
    this.#handOut()
  }

  #take(): string | undefined {
    const key = this.#ready.shift()
    if (key === undefined) return undefined
    this.#running.add(key)
    const addedAt = this.#addedAt.get(key) ?? 0
    this.#addedAt.delete(key)
    this.#waitHistogram.observe((this.#env.clock.monotonic() - addedAt) / 1000, { queue: this.#name })
    this.#showDepth()
    return key
  }

  #handOut(): void {
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) waiter(this.#take())
  }

  #armTimer(): void {
    const next = this.#delayed.peek()
    if (next === undefined || (this.#timer !== undefined && this.#timer.at <= next.at)) return
    this.#timer?.timer.cancel()
    const { at } = next
    const delayMs = at - this.#env.clock.monotonic()
    this.#timer = { timer: this.#env.timers.after(delayMs, () => this.#wake(at)), at }
  }

  /** A timer that fires a hair early (fractions of a millisecond) counts as due, or it would be set for ever. */
  #wake(at: number): void {
    this.#timer = undefined
    const now = Math.max(at, this.#env.clock.monotonic())
    for (let next = this.#delayed.peek(); next !== undefined && next.at <= now; next = this.#delayed.peek()) {
      this.#addNow(next.key)
    }
    this.#armTimer()
  }

  #releaseIdlers(): void {
    for (const resolve of this.#idlers.splice(0)) resolve()
  }

  #showDepth(): void {
    this.#depthGauge.set(this.#ready.size, { queue: this.#name })
  }
}

const metricNames = {
  depth: { name: 'flotilla_queue_depth', help: 'Keys that wait for a worker.', labels: ['queue'] },
  wait: { name: 'flotilla_queue_wait_seconds', help: 'From being added to being taken.', labels: ['queue'] },
} as const
