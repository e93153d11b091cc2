// Waits for what a test expects of running clusters: reads again and again until it holds or the time is over.
import { setTimeout as sleep } from 'node:timers/promises'

const betweenMs = 50

/**
 * The first value that `isDone` accepts. A failing read counts as not yet.
 * @throws naming `what`, with the last value or error, after `withinMs`.
 */
export async function until<T>(
  what: string,
  read: () => Promise<T>,
  isDone: (value: T) => boolean,
  withinMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + withinMs
  let last: string
  for (;;) {
    try {
      const value = await read()
      if (isDone(value)) return value
      last = `it was ${JSON.stringify(value)}`
    } catch (error) {
      last = `reading failed: ${String(error)}`
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${withinMs} ms in vain for ${what}: ${last.slice(0, 3_000)}`)
    }
    await sleep(betweenMs)
  }
}

/** `until` the value equals `wanted`; null where `read` gives undefined. */
export async function untilEqual<T>(what: string, read: () => Promise<T>, wanted: T, withinMs?: number): Promise<T> {
  const text = JSON.stringify(wanted)
  return until(`${what} to be ${text}`, read, (value) => JSON.stringify(value) === text, withinMs)
}
