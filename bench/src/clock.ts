// The machine's monotonic clock: one for all processes, so that what one sends can be timed by another.

/** Milliseconds since some moment that is the same for every process. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}

/** Waits until `now()` is `at`; returns at once when that is past. */
export async function sleepUntil(at: number): Promise<void> {
  const left = at - now()
  if (left > 0) await sleep(left)
}

/** Polls `read` until `isDone`. @throws when that takes longer than `withinMs`, naming what was waited for. */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  isDone: (value: T) => boolean,
  { withinMs = 120_000, everyMs = 20 } = {},
): Promise<T> {
  const deadline = now() + withinMs
  for (;;) {
    const value = await read()
    if (isDone(value)) return value
    if (now() > deadline) throw new Error(`Waited ${withinMs / 1000} s for ${what} in vain`)
    await sleep(everyMs)
  }
}

/** Runs `work` on all items, `width` at once. */
export async function pool<T>(items: readonly T[], width: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values()
  const run = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: width }, run))
}
