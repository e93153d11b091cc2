// The request budget on a virtual clock.
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, it } from 'vitest'
import { createRequestBudget } from './request-budget.ts'

function start(perSecond: number) {
  const env = createVirtualEnv({ seed: 1 })
  return { env, budget: createRequestBudget({ env, perSecond }) }
}

describe('createRequestBudget()', () => {
  it('lets half a second’s worth go at once and the rest at its rate', async () => {
    const { env, budget } = start(100)
    let gone = 0
    for (let index = 0; index < 250; index += 1) void budget.acquire().then(() => (gone += 1))
    await env.settle()
    expect(gone).toBe(50)
    await env.advance(1000)
    expect(gone).toBeGreaterThanOrEqual(140)
    expect(gone).toBeLessThanOrEqual(151)
  })

  it('serves in the order of asking', async () => {
    const { env, budget } = start(2)
    const order: number[] = []
    for (const number of [1, 2, 3, 4]) void budget.acquire().then(() => order.push(number))
    await env.advance(5000)
    expect(order).toEqual([1, 2, 3, 4])
  })

  it('halves on 429, at most once a second, and grows back', async () => {
    const { env, budget } = start(1000)
    await env.advance(1)
    budget.report({ status: 429 })
    budget.report({ status: 429 })
    expect(budget.rate).toBe(500)
    await env.advance(1001)
    budget.report({ status: 429 })
    expect(budget.rate).toBeLessThan(300)
    await env.advance(60_000)
    expect(budget.rate).toBe(1000)
  })

  it('never stops altogether', async () => {
    const { env, budget } = start(1000)
    for (let index = 0; index < 50; index += 1) {
      budget.report({ status: 429 })
      await env.advance(1000)
    }
    expect(budget.rate).toBeGreaterThanOrEqual(10)
  })

  it('halves when the latency rises', () => {
    const { budget } = start(1000)
    for (let index = 0; index < 500; index += 1) budget.report({ status: 200, latencyMs: 10 })
    expect(budget.rate).toBe(1000)
    for (let index = 0; index < 20; index += 1) budget.report({ status: 200, latencyMs: 2000 })
    expect(budget.rate).toBe(500)
  })

  it('waits as long as the server asks, and no longer than the caller does', async () => {
    const { env, budget } = start(1000)
    budget.report({ status: 429, retryAfterMs: 5000 })
    const stop = new AbortController()
    let gone = false
    const stopped = budget.acquire(stop.signal)
    const waiting = budget.acquire().then(() => (gone = true))
    stop.abort()
    await expect(stopped).rejects.toMatchObject({ code: 'Unavailable' })
    await env.advance(4900)
    expect(gone).toBe(false)
    await env.advance(200)
    await waiting
    expect(gone).toBe(true)
  })
})
