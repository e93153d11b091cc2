// A watch over the network: its events stay in order and may be late, held back, or cut off.
import type { WatchEvent } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import type { SimProcess } from './sim-process.ts'

export interface SimWatchOptions {
  readonly process: SimProcess
  /** The world's. */
  readonly env: Env
  /** The reader's. */
  readonly signal: AbortSignal | undefined
  /** Nothing comes through just now. */
  isHeld(): boolean
  /** How long the next event is on its way. */
  delayMs(): number
  onEnd(): void
}

type Item = IteratorResult<WatchEvent, undefined> | { readonly error: unknown }

export class SimWatch implements AsyncIterableIterator<WatchEvent, undefined> {
  readonly #options: SimWatchOptions
  readonly #server = new AbortController()
  /** Arrived, and not yet read. */
  readonly #arrived: Item[] = []
  /** Sent while nothing came through. */
  #held: Item[] = []
  #lastAt = 0
  #reader: PromiseWithResolvers<IteratorResult<WatchEvent, undefined>> | undefined
  #isOver = false

  constructor(options: SimWatchOptions) {
    this.#options = options
    const { signal, process } = options
    const abort = () => this.#finish({ done: true, value: undefined })
    this.#isOver = signal?.aborted === true
    signal?.addEventListener('abort', abort, { once: true })
    process.death.addEventListener('abort', () => this.#close(), { once: true })
  }

  /** The server's side: aborts when nobody reads any more. */
  get signal(): AbortSignal {
    return this.#server.signal
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Sends on what the server says. */
  async pump(events: AsyncIterable<WatchEvent>): Promise<void> {
    try {
      for await (const value of events) this.#send({ done: false, value })
      this.#send({ done: true, value: undefined })
    } catch (error) {
      this.#send({ error })
    }
  }

  fail(error: unknown): void {
    this.#send({ error })
  }

  /** Ends at once; what was on its way is lost. */
  end(error: unknown): void {
    this.#held = []
    this.#finish(error === undefined ? { done: true, value: undefined } : { error })
  }

  /** What was held back comes through. */
  release(): void {
    const held = this.#held
    this.#held = []
    for (const item of held) this.#send(item)
  }

  next(): Promise<IteratorResult<WatchEvent, undefined>> {
    const item = this.#arrived.shift()
    if (item !== undefined) return 'error' in item ? Promise.reject(item.error) : Promise.resolve(item)
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined })
    this.#reader ??= Promise.withResolvers()
    return this.#reader.promise
  }

  async return(): Promise<IteratorResult<WatchEvent, undefined>> {
    this.#close()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #send(item: Item): void {
    if (this.#isOver) return
    const { env, process } = this.#options
    if (this.#options.isHeld()) {
      this.#held.push(item)
      return
    }
    // In order, as on one connection.
    this.#lastAt = Math.max(this.#lastAt, env.clock.now() + this.#options.delayMs())
    env.timers.after(this.#lastAt - env.clock.now(), () => process.deliver(() => this.#arrive(item)))
  }

  #arrive(item: Item): void {
    if (this.#isOver) return
    if ('error' in item || item.done === true) this.#close()
    const reader = this.#reader
    this.#reader = undefined
    if (reader === undefined) this.#arrived.push(item)
    else if ('error' in item) reader.reject(item.error)
    else reader.resolve(item)
  }

  #finish(item: Item): void {
    this.#options.process.deliver(() => this.#arrive(item))
  }

  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#server.abort()
    this.#options.onEnd()
  }
}
