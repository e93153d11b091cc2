// The questions to one scorer: a few at a time, none while it is down. A slow scorer delays its own questions only.
import type { Env } from '@flotilla/runtime/env'

/** What came of a question. */
export type Outcome<Result> = { readonly result: Result } | { readonly failure: string; readonly isDown: boolean }

/** One question. Never throws. `isDown`: it says nothing about the question that it failed. */
export type Ask<Result> = () => Promise<Outcome<Result>>

interface Job<Result> {
  readonly ask: Ask<Result>
  readonly done: (outcome: Outcome<Result>) => void
}

const mostAtOnce = 8
/** So many failures in a row are the scorer's, not the questions'. */
const mostFailures = 3
const shortestPauseMs = 1_000
const longestPauseMs = 60_000

export class Line<Result> {
  readonly #env: Pick<Env, 'clock'>
  readonly #waiting: Job<Result>[] = []
  #running = 0
  /** In a row. */
  #failures = 0
  #pausedUntil = Number.NEGATIVE_INFINITY
  #why = ''

  constructor(env: Pick<Env, 'clock'>) {
    this.#env = env
  }

  /** Milliseconds until it is worth asking again; 0: now. */
  get pauseMs(): number {
    return Math.max(0, this.#pausedUntil - this.#env.clock.monotonic())
  }

  /** Calls `done` once; at once while the scorer is down. */
  ask(ask: Ask<Result>, done: (outcome: Outcome<Result>) => void): void {
    if (this.pauseMs > 0) return done({ failure: this.#why, isDown: true })
    this.#waiting.push({ ask, done })
    this.#next()
  }

  #next(): void {
    // After a pause one question finds out whether it is over.
    const most = this.#failures < mostFailures ? mostAtOnce : 1
    while (this.#running < most) {
      const job = this.#waiting.shift()
      if (job === undefined) return
      this.#running += 1
      void this.#run(job)
    }
  }

  async #run({ ask, done }: Job<Result>): Promise<void> {
    const outcome = await ask()
    this.#running -= 1
    if ('failure' in outcome && outcome.isDown) this.#fail(outcome.failure)
    else this.#failures = 0
    done(outcome)
    this.#next()
  }

  #fail(why: string): void {
    this.#failures += 1
    if (this.#failures < mostFailures) return
    const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(16, this.#failures - mostFailures))
    this.#pausedUntil = this.#env.clock.monotonic() + pauseMs
    this.#why = why
    for (const { done } of this.#waiting.splice(0)) done({ failure: why, isDown: true })
  }
}
