// A bounded queue of watch events between the store and one reader. A reader that falls too far behind is dropped:
// its stream ends, and it resumes from the last revision that it saw.
import type { WatchEvent } from '@flotilla/machinery/kube-api'

type Result = IteratorResult<WatchEvent, undefined>

interface Reader {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export class WatchStream implements AsyncIterableIterator<WatchEvent> {
  private queue: WatchEvent[] = []
  private nextAt = 0
  private reader: Reader | undefined
  private ended = false
  private failure: unknown
  private readonly capacity: number
  private closers: (() => void)[] = []

  /** `initial` does not count against `capacity`. */
  constructor(initial: WatchEvent[], capacity: number) {
    this.queue = initial
    this.capacity = capacity + initial.length
  }

  /** Calls `close` once, when the stream ends (at once when it has). */
  onEnd(close: () => void): void {
    if (this.ended) close()
    else this.closers.push(close)
  }

  push(event: WatchEvent): void {
    if (this.ended) return
    if (this.reader !== undefined) {
      const { resolve } = this.reader
      this.reader = undefined
      resolve({ done: false, value: event })
      return
    }
    if (this.queue.length - this.nextAt >= this.capacity) return this.drop()
    this.queue.push(event)
  }

  /** No more events; those queued are still read. */
  end(failure?: unknown): void {
    if (this.ended) return
    this.ended = true
    this.failure = failure
    for (const close of this.closers) close()
    this.closers = []
    const { reader } = this
    this.reader = undefined
    if (failure === undefined) reader?.resolve({ done: true, value: undefined })
    else reader?.reject(failure)
  }

  next(): Promise<Result> {
    const event = this.queue[this.nextAt]
    if (event !== undefined) {
      this.advance()
      return Promise.resolve({ done: false, value: event })
    }
    if (!this.ended) return new Promise((resolve, reject) => (this.reader = { resolve, reject }))
    const { failure } = this
    this.failure = undefined
    return failure === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(failure as Error)
  }

  return(): Promise<Result> {
    this.end()
    this.queue = []
    this.nextAt = 0
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  private drop(): void {
    this.queue = []
    this.nextAt = 0
    this.end()
  }

  private advance(): void {
    this.nextAt++
    if (this.nextAt < 1024 && this.nextAt < this.queue.length) return
    this.queue = this.queue.slice(this.nextAt)
    this.nextAt = 0
  }
}
