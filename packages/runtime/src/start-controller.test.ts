import { FlotillaError } from '@flotilla/machinery/errors'
import { expect, test } from 'vitest'
import { watch, type Controller } from './controller.ts'
import { Stalled, Waiting } from './errors.ts'
import { RowTable } from './row-table.ts'
import type { Source } from './source.ts'
import { startController } from './start-controller.ts'
import { createVirtualEnv } from './virtual-env.ts'

/** A source that syncs when told to. */
function aSource(env = createVirtualEnv({ seed: 1, startTime: 0 })) {
  const table = new RowTable<number>({}, env.log)
  const synced = Promise.withResolvers<void>()
  const source: Source<number> = {
    onChange: (listener) => table.listen(listener),
    synced: () => synced.promise,
    hasSynced: false,
  }
  return { source, table, sync: synced.resolve }
}

function run(reconcile: (key: string, attempt: number) => unknown, controller: Partial<Controller> = {}) {
  const env = createVirtualEnv({ seed: 1, startTime: 0 })
  const attempts: string[] = []
  const running = startController(env, {
    name: 'test',
    watches: [],
    async reconcile(key) {
      attempts.push(`${key}@${Math.round(env.clock.now())}`)
      const count = attempts.filter((attempt) => attempt.startsWith(`${key}@`)).length
      return (await reconcile(key, count)) as undefined
    },
    ...controller,
  })
  return { env, running, attempts }
}

test('startController() reconciles nothing before every source has synced', async () => {
  const [first, second] = [aSource(), aSource()]
  first.table.set('a', 1, '1')
  const toKeys = ({ key }: { key: string }) => [key]
  const { env, attempts, running } = run(() => undefined, {
    watches: [watch(first.source, toKeys), watch(second.source, toKeys)],
  })
  first.sync()
  second.table.set('b', 1, '1')
  await env.advance(1000)
  expect(attempts).toEqual([])
  let isIdle = false
  void running.idle().then(() => (isIdle = true))
  await env.settle()
  expect(isIdle).toBe(false)
  second.sync()
  await env.settle()
  expect(attempts).toEqual(['a@1000', 'b@1000'])
  expect(isIdle).toBe(true)
})

test('startController() reconciles several keys at once but never one key twice at a time', async () => {
  const active = new Map<string, number>()
  let most = 0
  const env = createVirtualEnv({ seed: 1 })
  const running = startController(env, {
    name: 'test',
    concurrency: 2,
    watches: [],
    async reconcile(key) {
      active.set(key, (active.get(key) ?? 0) + 1)
      expect(active.get(key)).toBe(1)
      most = Math.max(
        most,
        [...active.values()].reduce((sum, count) => sum + count),
      )
      await env.timers.sleep(10)
      active.set(key, 0)
    },
  })
  for (const key of ['a', 'b', 'c']) running.enqueue(key)
  await env.advance(5)
  running.enqueue('a')
  await env.advance(100)
  expect(most).toBe(2)
  expect(env.metrics.value('flotilla_reconcile_duration_seconds', { controller: 'test' })).toBe(4)
})

test('startController() comes back after the time that a reconcile asks for', async () => {
  const { env, running, attempts } = run((_, attempt) => (attempt < 3 ? { requeueAfterMs: 100 } : undefined))
  running.enqueue('a')
  await env.advance(1000)
  expect(attempts).toEqual(['a@0', 'a@100', 'a@200'])
})

test('startController() comes back after the time that Waiting names, without counting an error', async () => {
  const { env, running, attempts } = run((_, attempt) => {
    if (attempt === 1) throw new Waiting('for the cluster', 300)
  })
  running.enqueue('a')
  await env.advance(1000)
  expect(attempts).toEqual(['a@0', 'a@300'])
  expect(await env.metrics.text()).not.toContain('errors_total')
})

for (const end of [new Waiting('for the cluster', 1000), new Stalled('Invalid', 'Cannot place it'), undefined]) {
  test(`startController() forgets earlier failures of a key after ${end?.name ?? 'a success'}`, async () => {
    const { env, running, attempts } = run((_, attempt) => {
      if (attempt === 8) {
        if (end !== undefined) throw end
      } else if (attempt < 10) throw new Error('broken')
    })
    running.enqueue('a')
    await env.advanceUntil(() => attempts.length >= 8, { limitMs: 10_000, what: 'the eighth attempt' })
    await env.advance(500)
    running.enqueue('a')
    await env.advance(50)
    expect(attempts).toHaveLength(10)
  })
}

test('startController() leaves a stalled key alone until something changes', async () => {
  const { env, running, attempts } = run((_, attempt) => {
    if (attempt === 1) throw new Stalled('Invalid', 'Cannot place it')
  })
  running.enqueue('a')
  await env.advance(3_600_000)
  expect(attempts).toEqual(['a@0'])
  expect(env.logs.map(({ level, message }) => [level, message])).toEqual([['warn', 'Cannot place it']])
  running.enqueue('a')
  await env.settle()
  expect(attempts).toHaveLength(2)
})

test('startController() backs a failing key off, logs an unknown error whole, and goes on with the others', async () => {
  const broken = new TypeError('broken')
  const { env, running, attempts } = run((key) => {
    if (key === 'bad') throw broken
  })
  running.enqueue('bad')
  running.enqueue('good')
  await env.advance(10_000)
  expect(attempts[1]).toBe('good@0')
  const failures = attempts.filter((attempt) => attempt.startsWith('bad'))
  expect(failures.length).toBeGreaterThan(5)
  expect(failures.length).toBeLessThan(15)
  expect(env.logs[0]).toMatchObject({ level: 'error', message: 'Internal error', fields: { err: broken, key: 'bad' } })
  const labels = { controller: 'test', code: 'Unknown' }
  expect(env.metrics.value('flotilla_reconcile_errors_total', labels)).toBe(failures.length)
})

test('startController() lets time pass between failures that change what is watched', async () => {
  const { table, source, sync } = aSource()
  sync()
  const { env, attempts } = run(
    (key, attempt) => {
      table.set(key, attempt, String(attempt))
      throw new FlotillaError('NotFound', 'Cannot update: it is gone')
    },
    { watches: [watch(source, ({ key }) => [key])] },
  )
  table.set('a', 0, '0')
  await env.advance(60_000)
  expect(attempts.length).toBeGreaterThan(50)
  expect(attempts.length).toBeLessThan(80)
})

test('startController() tries a conflict again at once, then backs off', async () => {
  const { env, running, attempts } = run((_, attempt) => {
    if (attempt < 4) throw new FlotillaError('Conflict', 'Cannot update: it changed')
  })
  running.enqueue('a')
  await env.settle()
  expect(attempts).toEqual(['a@0', 'a@0'])
  await env.advance(1000)
  expect(attempts).toHaveLength(4)
})

test('startController() waits as long as the server asks for', async () => {
  const { env, running, attempts } = run((_, attempt) => {
    if (attempt === 1) throw new FlotillaError('TooManyRequests', 'Cannot list: busy', { retryAfterSeconds: 7 })
  })
  running.enqueue('a')
  await env.advance(60_000)
  expect(attempts).toEqual(['a@0', 'a@7000'])
})

test('RunningController.stop() ends while sources are not synced, and while keys are queued', async () => {
  const never = aSource()
  const { running } = run(() => undefined, { watches: [watch(never.source, ({ key }) => [key])] })
  await running.stop()
  const second = run(() => undefined)
  second.running.enqueue('a')
  await second.running.stop()
  await second.env.advance(1000)
  expect(second.attempts.length).toBeLessThan(2)
})
