// Long computations on a thread that has other things to do.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'

/** Milliseconds after which others get their turn. */
const turnMs = 8

/** Takes `steps`, others getting their turn in between. Throws Timeout once `signal` aborts, and what a step throws. */
export async function inTurns<Result>(
  { clock, timers }: Pick<Env, 'clock' | 'timers'>,
  steps: Generator<void, Result>,
  signal?: AbortSignal,
): Promise<Result> {
  let since = clock.monotonic()
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (clock.monotonic() - since < turnMs) continue
    await timers.yield()
    if (signal?.aborted) throw new FlotillaError('Timeout', 'Cannot go on: nobody waits for the answer any more')
    since = clock.monotonic()
  }
}
