// The Env of commands that run for a moment: the real clock, and neither log nor metrics, whose libraries take longer
// to load than most commands take to run.
import { randomUUID } from 'node:crypto'
import { createMemoryMetrics } from '@flotilla/runtime/memory-metrics'
import type { Env, Timer } from '@flotilla/runtime/env'
import type { Logger } from '@flotilla/runtime/log'
import { nextTurn } from '@flotilla/runtime/real-turn'
import { sleepOn } from '@flotilla/runtime/sleep'

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
}

export function createCommandEnv(): Env {
  return {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    timers: { after, sleep: sleepOn(after), yield: nextTurn, turn: () => undefined },
    random: () => Math.random(),
    uuid: () => randomUUID(),
    log: silent,
    metrics: createMemoryMetrics(),
  }
}

function after(delayMs: number, run: () => void): Timer {
  const timeout = setTimeout(run, Math.max(0, delayMs))
  return { cancel: () => clearTimeout(timeout) }
}
