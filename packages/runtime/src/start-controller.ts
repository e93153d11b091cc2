// Runs a controller: its watches fill a queue, its workers reconcile key by key, errors become requeues.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { Controller, Result, RunningController } from './controller.ts'
import type { Env } from './env.ts'
import { Stalled, Waiting } from './errors.ts'
import { WorkQueue } from './work-queue.ts'

/**
 * Reconciles nothing before every source has synced: a decision on half of the world may be a wrong deletion.
 * Never lets one key's error stop another's.
 */
export function startController(env: Env, controller: Controller): RunningController {
  return new ControllerRun(env, controller)
}

class ControllerRun implements RunningController {
  readonly #env: Env
  readonly #controller: Controller
  readonly #queue: WorkQueue
  readonly #abort = new AbortController()
  readonly #unwatch: readonly (() => void)[]
  readonly #synced: Promise<unknown>
  readonly #workers: Promise<void>
  readonly #stopped = Promise.withResolvers<void>()

  constructor(env: Env, controller: Controller) {
    this.#env = { ...env, log: env.log.child({ controller: controller.name }) }
    this.#controller = controller
    this.#queue = new WorkQueue(env, { name: controller.name })
    this.#unwatch = controller.watches.map(({ source, toKeys }) =>
      source.onChange((change) => {
        for (const key of toKeys(change)) this.#queue.add(key)
      }),
    )
    this.#synced = Promise.race([
      Promise.all(controller.watches.map(({ source }) => source.synced())),
      this.#stopped.promise,
    ])
    this.#workers = this.#work()
  }

  enqueue(key: string): void {
    this.#queue.add(key)
  }

  async idle(): Promise<void> {
    await this.#synced
    await this.#queue.idle()
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    for (const unwatch of this.#unwatch) unwatch()
    this.#stopped.resolve()
    this.#queue.close()
    await this.#workers
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #work(): Promise<void> {
    await this.#synced
    const workers = Array.from({ length: this.#controller.concurrency ?? 1 }, () => this.#runWorker())
    await Promise.all(workers)
  }

  async #runWorker(): Promise<void> {
    let sinceYield = 0
    for (let key = await this.#queue.next(); key !== undefined; key = await this.#queue.next()) {
      const othersFirst = this.#env.timers.turn()
      if (othersFirst) await othersFirst
      await this.#reconcile(key)
      this.#queue.done(key)
      if (++sinceYield % keysPerYield === 0) await this.#env.timers.yield()
    }
  }

  async #reconcile(key: string): Promise<void> {
    const startedAt = this.#env.clock.monotonic()
    try {
      const result = await this.#controller.reconcile(key, this.#abort.signal)
      this.#finish(key, result ?? {})
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#requeueFailed(key, error)
    }
    const seconds = (this.#env.clock.monotonic() - startedAt) / 1000
    this.#env.metrics.histogram(durationMetric).observe(seconds, { controller: this.#controller.name })
  }

  #finish(key: string, { requeueAfterMs }: Result): void {
    this.#queue.forget(key)
    if (requeueAfterMs !== undefined) this.#queue.addAfter(key, requeueAfterMs)
  }

  #requeueFailed(key: string, error: unknown): void {
    const { log } = this.#env
    if (error instanceof Waiting) {
      log.debug({ key, requeueAfterMs: error.requeueAfterMs }, error.message)
      return this.#finish(key, error)
    }
    if (error instanceof Stalled) {
      log.warn({ key, reason: error.reason }, error.message)
      return this.#finish(key, {})
    }
    this.#countError(error)
    if (isError(error, 'Conflict')) return this.#requeueConflict(key)
    const delayMs = this.#queue.backOff(key, retryAfterMs(error))
    if (error instanceof FlotillaError)
      log.warn({ key, code: error.code, retryInMs: Math.round(delayMs) }, error.message)
    else log.error({ key, err: error, retryInMs: Math.round(delayMs) }, 'Internal error')
  }

  /** At once, since the newer object mostly is in the cache by now; with backoff when it was not. */
  #requeueConflict(key: string): void {
    if (this.#queue.failures(key) > 0) {
      this.#queue.backOff(key)
      return
    }
    this.#queue.noteFailure(key)
    this.#queue.add(key)
  }

  #countError(error: unknown): void {
    const code = error instanceof FlotillaError ? error.code : 'Unknown'
    this.#env.metrics.counter(errorsMetric).add(1, { controller: this.#controller.name, code })
  }
}

// A reconcile that never waits for anything would otherwise starve timers and I/O.
const keysPerYield = 100

function retryAfterMs(error: unknown): number {
  return isError(error) ? (error.details.retryAfterSeconds ?? 0) * 1000 : 0
}

const durationMetric = {
  name: 'flotilla_reconcile_duration_seconds',
  help: 'Time that one reconcile of one key took.',
  labels: ['controller'],
} as const

const errorsMetric = {
  name: 'flotilla_reconcile_errors_total',
  help: 'Reconciles that failed, by error code.',
  labels: ['controller', 'code'],
} as const
