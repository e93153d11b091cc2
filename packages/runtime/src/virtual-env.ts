// An Env whose time passes only when told to: the same seed gives the same run, without waiting for real time.
import type { Env, Timer } from './env.ts'
import { KeyedHeap } from './keyed-heap.ts'
import type { LogFields, Logger } from './log.ts'
import { createMemoryMetrics, type MemoryMetrics } from './memory-metrics.ts'
import { nextTurn } from './real-turn.ts'
import { randomUuidFrom, seededRandom } from './seeded-random.ts'
import { sleepOn } from './sleep.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields
  /** Virtual time, ms since 1970. */
  readonly time: number
}

export interface VirtualEnvOptions {
  readonly seed: number
  /** Ms since 1970; default 2026-01-01T00:00:00Z. */
  readonly startTime?: number
}

/** How long to wait, in virtual time, and for what (named in the error when the time is over). */
export interface Wait {
  readonly limitMs: number
  readonly what: string
}

/** Only one of the four ways to pass time may run at a time. */
export interface VirtualEnv extends Env {
  readonly metrics: MemoryMetrics
  readonly logs: readonly LogLine[]
  /** Lets everything run that needs no time to pass, timers due now included. */
  settle(): Promise<void>
  /** Passes `ms`: fires timers in their order, and lets everything settle before the clock moves on. */
  advance(ms: number): Promise<void>
  /** Passes time until `predicate` holds. Throws naming `what` when it does not within `limitMs`. */
  advanceUntil(predicate: () => boolean, wait: Wait): Promise<void>
  /** Passes time until `promise` is settled and gives its result. Throws naming `what` past `limitMs`. */
  complete<T>(promise: PromiseLike<T>, wait: Wait): Promise<T>
}

// More timers or turns than this at one instant are a loop that no time would end.
const timersPerInstant = 1_000_000
const turnsPerInstant = 200_000

export function createVirtualEnv(options: VirtualEnvOptions): VirtualEnv {
  const time = new VirtualTime(options.startTime ?? Date.UTC(2026, 0, 1))
  const logs: LogLine[] = []
  const uuidRandom = seededRandom(options.seed + 0x5eed)
  const after = (delayMs: number, run: () => void) => time.after(delayMs, run)
  return {
    clock: { now: () => time.now, monotonic: () => time.now - time.start },
    timers: { after, sleep: sleepOn(after), yield: () => time.yield(), turn: () => undefined },
    random: seededRandom(options.seed),
    uuid: () => randomUuidFrom(uuidRandom),
    log: collectingLogger(logs, () => time.now, {}),
    metrics: createMemoryMetrics(),
    logs,
    settle: () => time.drive(() => time.settle()),
    advance: (ms) => time.drive(() => time.advanceTo(time.now + ms)),
    advanceUntil: (predicate, wait) => time.drive(() => time.advanceUntil(predicate, wait)),
    async complete(promise, wait) {
      let isSettled = false
      const settled = promise.then(noteSettled, noteSettled)
      function noteSettled() {
        isSettled = true
      }
      await time.drive(() => time.advanceUntil(() => isSettled, wait))
      await settled
      return promise
    },
  }
}

class VirtualTime {
  readonly start: number
  now: number
  readonly #due = new KeyedHeap<number>()
  readonly #runs = new Map<number, () => void>()
  #lastTimer = 0
  #yielding = 0
  #isDriven = false

  constructor(start: number) {
    this.start = start
    this.now = start
  }

  after(delayMs: number, run: () => void): Timer {
    const id = ++this.#lastTimer
    this.#runs.set(id, run)
    // Whole milliseconds, as the real ones: fractions would add up to times that never come exactly.
    this.#due.set(id, this.now + Math.ceil(Math.max(0, delayMs)))
    return {
      cancel: () => {
        this.#runs.delete(id)
        this.#due.delete(id)
      },
    }
  }

  async yield(): Promise<void> {
    this.#yielding++
    await nextTurn()
    this.#yielding--
  }

  async drive(run: () => Promise<void>): Promise<void> {
    if (this.#isDriven) throw new Error('Cannot pass virtual time: it is already passing; await the first call')
    this.#isDriven = true
    try {
      await run()
    } finally {
      this.#isDriven = false
    }
  }

  async settle(): Promise<void> {
    let [fired, turns] = [0, 0]
    do {
      await nextTurn()
      for (; this.#yielding > 0; turns++) {
        if (turns > turnsPerInstant) throw new Error(`Cannot settle: work yielded for ${turns} turns at one instant`)
        await nextTurn()
      }
      if (fired++ > timersPerInstant) throw new Error(`Cannot settle: ${fired} timers fired at one instant`)
    } while (this.#fireNext(this.now))
  }

  async advanceTo(target: number): Promise<void> {
    await this.settle()
    while (this.#fireNext(target)) await this.settle()
    this.now = target
  }

  async advanceUntil(predicate: () => boolean, { limitMs, what }: Wait): Promise<void> {
    const limit = this.now + limitMs
    await this.settle()
    while (!predicate()) {
      if (!this.#fireNext(limit)) {
        this.now = limit
        throw new Error(`Waited ${limitMs} virtual ms in vain for: ${what}`)
      }
      await this.settle()
    }
  }

  /** Moves the clock to the next timer, if it is due by `limit`, and fires it. */
  #fireNext(limit: number): boolean {
    const next = this.#due.peek()
    if (next === undefined || next.at > limit) return false
    this.now = Math.max(this.now, next.at)
    this.#due.delete(next.key)
    const run = this.#runs.get(next.key)
    this.#runs.delete(next.key)
    run?.()
    return true
  }
}

function collectingLogger(lines: LogLine[], now: () => number, bound: LogFields): Logger {
  const at = (level: LogLine['level']) => (fields: LogFields, message: string) => {
    lines.push({ level, message, fields: { ...bound, ...fields }, time: now() })
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => collectingLogger(lines, now, { ...bound, ...fields }),
  }
}
