import { expect, test } from 'vitest'
import { inTurns } from './in-turns.ts'

/** Steps of `stepMs` each; how often others had their turn. */
function aMachine(stepMs: number) {
  let [now, turns] = [0, 0]
  function* steps(count: number): Generator<void, string> {
    for (let step = 0; step < count; step++) {
      now += stepMs
      yield
    }
    return 'done'
  }
  const env = {
    clock: { now: () => now, monotonic: () => now },
    timers: {
      after: () => ({ cancel: () => {} }),
      sleep: async () => {},
      yield: async () => void turns++,
      turn: () => undefined,
    },
  }
  return { env, steps, turns: () => turns }
}

test.each([
  { stepMs: 1, count: 100, want: 12 },
  { stepMs: 20, count: 100, want: 100 },
  { stepMs: 1, count: 5, want: 0 },
])('inTurns() lets others run $want times in $count steps of $stepMs ms', async ({ stepMs, count, want }) => {
  const { env, steps, turns } = aMachine(stepMs)
  expect(await inTurns(env, steps(count))).toBe('done')
  expect(turns()).toBe(want)
})

test('inTurns() ends when nobody waits any more', async () => {
  const { env, steps, turns } = aMachine(10)
  await expect(inTurns(env, steps(1_000_000), AbortSignal.abort())).rejects.toMatchObject({ code: 'Timeout' })
  expect(turns()).toBe(1)
})
