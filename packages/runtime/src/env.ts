// Everything that makes a run differ from another: time, timers, chance, identity. Passed in everywhere, so that
// the same code runs on the real clock and on a virtual one.
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number
}

export interface Timer {
  cancel(): void
}

export interface Timers {
  /** Calls `run` once, `delayMs` from now. A pending timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer
  /** Resolves `delayMs` from now, or at once when `signal` aborts (no error: the caller looks at the signal). */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Lets other work run: call it in long loops. */
  yield(): Promise<void>
  /**
   * Asked before each step of work of which thousands may be ready at once. Undefined: go on. A promise: others come
   * first; await it. On a virtual clock, where nothing takes time, always undefined.
   */
  turn(): Promise<void> | undefined
}

export interface Env {
  readonly clock: Clock
  readonly timers: Timers
  /** Uniform in [0, 1). */
  random(): number
  uuid(): string
  readonly log: Logger
  readonly metrics: Metrics
}
