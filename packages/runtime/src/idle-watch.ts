// Ends a stream that says nothing for too long: a half-open connection looks just like a quiet one.
import type { Env, Timer } from './env.ts'

export interface IdleWatch {
  /** Aborts when the deadline passes without a `touch`, or when the outer signal aborts. */
  readonly signal: AbortSignal
  /** The deadline has passed. */
  readonly isOver: boolean
  touch(): void
  stop(): void
}

export function watchIdleness(env: Env, deadlineMs: number, outer: AbortSignal): IdleWatch {
  const controller = new AbortController()
  const abort = () => controller.abort()
  let touchedAt = env.clock.monotonic()
  let isOver = false
  let timer: Timer = env.timers.after(deadlineMs, check)
  outer.addEventListener('abort', abort, { once: true })
  if (outer.aborted) abort()

  // One timer that looks back, rather than one per event.
  function check(): void {
    const leftMs = touchedAt + deadlineMs - env.clock.monotonic()
    // Less than a millisecond is nothing: timers are no finer.
    if (leftMs >= 1) {
      timer = env.timers.after(leftMs, check)
      return
    }
    isOver = true
    abort()
  }

  return {
    signal: controller.signal,
    get isOver() {
      return isOver
    },
    touch() {
      touchedAt = env.clock.monotonic()
    },
    stop() {
      timer.cancel()
      outer.removeEventListener('abort', abort)
      // Also closes a stream that was left in the middle.
      abort()
    },
  }
}
