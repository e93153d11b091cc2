import { FlotillaError } from '@flotilla/machinery/errors'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { RequestBudget } from './request-budget.ts'

const busy = new FlotillaError('TooManyRequests', 'slow down')

describe('RequestBudget', () => {
  test('lets a burst through and then keeps its rate', async () => {
    const env = createVirtualEnv({ seed: 1 })
    const budget = new RequestBudget(env, { rate: 100 })
    let sent = 0
    for (let i = 0; i < 1_000; i++) void Promise.resolve(budget.take()).then(() => sent++)
    await env.settle()
    expect(sent).toBeLessThanOrEqual(11)
    await env.advance(1_000)
    expect(sent).toBeGreaterThanOrEqual(105)
    expect(sent).toBeLessThanOrEqual(112)
  })

  test('is halved by 429, at most once a second, and grows back', async () => {
    const env = createVirtualEnv({ seed: 1 })
    const budget = new RequestBudget(env, { rate: 100 })
    budget.observe(5, busy)
    budget.observe(5, busy)
    expect(budget.rate).toBe(50)
    for (let i = 0; i < 10; i++) {
      await env.advance(1_000)
      budget.observe(5)
    }
    expect(budget.rate).toBe(100)
  })

  test('is halved by answers that become much slower', async () => {
    const env = createVirtualEnv({ seed: 1 })
    const budget = new RequestBudget(env, { rate: 100 })
    budget.observe(10)
    budget.observe(2_000)
    expect(budget.rate).toBe(50)
  })

  test('is never made to crawl by slow answers alone', async () => {
    const env = createVirtualEnv({ seed: 1 })
    const budget = new RequestBudget(env, { rate: 1_000 })
    budget.observe(10)
    for (let i = 0; i < 20; i++) {
      await env.advance(1_000)
      budget.observe(5_000)
    }
    expect(budget.rate).toBe(50)
  })

  test('never stops altogether', async () => {
    const env = createVirtualEnv({ seed: 1 })
    const budget = new RequestBudget(env, { rate: 100 })
    for (let i = 0; i < 20; i++) {
      await env.advance(1_000)
      budget.observe(5, busy)
    }
    expect(budget.rate).toBe(5)
  })
})
