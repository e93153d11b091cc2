import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { Coalescer } from './coalesce.ts'
import { RequestBudget } from './members/request-budget.ts'

function aCoalescer(pace?: { readonly rate: number; readonly burst: number }) {
  const env = createVirtualEnv({ seed: 1 })
  const runs: string[] = []
  const budget = pace && new RequestBudget(env, pace)
  const coalescer = new Coalescer({
    env,
    delayMs: 100,
    intervalMs: 500,
    run: (key) => runs.push(key),
    ...(budget === undefined ? {} : { pace: (key: string) => (key === 'first' ? undefined : budget.take()) }),
  })
  return { env, runs, coalescer }
}

describe('Coalescer', () => {
  test('runs once for a burst, and again after its interval', async () => {
    const { env, runs, coalescer } = aCoalescer()
    for (let each = 0; each < 10; each++) coalescer.add('a')
    await env.advance(100)
    expect(runs).toEqual(['a'])
    coalescer.add('a')
    await env.advance(499)
    expect(runs).toEqual(['a'])
    await env.advance(1)
    expect(runs).toEqual(['a', 'a'])
  })

  test('keeps to its pace, however many keys change and however often, and forgets none', async () => {
    const { env, runs, coalescer } = aCoalescer({ rate: 10, burst: 20 })
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`)
    for (let second = 0; second < 5; second++) {
      for (const key of keys) coalescer.add(key)
      await env.advance(1_000)
    }
    expect(runs.length).toBeLessThanOrEqual(20 + 5 * 10 + 1)
    await env.advance(20_000)
    expect(new Set(runs)).toEqual(new Set(keys))
    const told = runs.length
    await env.advance(60_000)
    expect(runs.length).toBe(told)
  })

  test('lets what is not paced pass by what waits', async () => {
    const { env, runs, coalescer } = aCoalescer({ rate: 1, burst: 1 })
    for (const key of ['a', 'b', 'c', 'first']) coalescer.add(key)
    await env.advance(200)
    expect(runs).toContain('first')
    expect(runs).not.toContain('c')
  })

  test('runs nothing that waits once it has stopped', async () => {
    const { env, runs, coalescer } = aCoalescer({ rate: 1, burst: 1 })
    for (const key of ['a', 'b', 'c']) coalescer.add(key)
    await env.advance(200)
    const before = runs.length
    coalescer.stop()
    await env.advance(60_000)
    expect(runs.length).toBe(before)
  })
})
