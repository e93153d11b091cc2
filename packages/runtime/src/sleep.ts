// Sleeping, made of timers: the same for every Env.
import type { Timers } from './env.ts'

/** `Timers.sleep` on top of `after`. */
export function sleepOn(after: Timers['after']): Timers['sleep'] {
  return (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        timer.cancel()
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = after(delayMs, wake)
      signal?.addEventListener('abort', wake, { once: true })
    })
}
