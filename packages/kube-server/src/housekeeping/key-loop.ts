// Works off keys one after another, each once however often it was named; a key that fails comes again later.
import type { Env } from '@flotilla/runtime/env'

export interface KeyLoop {
  add(key: string): void
  stop(): void
}

const firstDelayMs = 100
const lastDelayMs = 30_000

export function startKeyLoop(env: Env, name: string, run: (key: string) => Promise<void>): KeyLoop {
  const queue = new Set<string>()
  const failures = new Map<string, number>()
  let isRunning = false
  let isStopped = false

  function add(key: string) {
    if (isStopped) return
    queue.add(key)
    if (isRunning) return
    isRunning = true
    void drain()
  }

  async function drain() {
    await env.timers.yield()
    for (const key of queue) {
      if (isStopped) break
      queue.delete(key)
      await attempt(key)
    }
    isRunning = false
  }

  async function attempt(key: string) {
    try {
      await run(key)
      failures.delete(key)
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1
      failures.set(key, count)
      env.log.warn({ key, error: String(error), count }, `${name}: will try again`)
      env.timers.after(Math.min(firstDelayMs * 2 ** count, lastDelayMs), () => add(key))
    }
  }

  return {
    add,
    stop() {
      isStopped = true
      queue.clear()
    },
  }
}
