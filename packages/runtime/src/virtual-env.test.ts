import { expect, test } from 'vitest'
import { createVirtualEnv } from './virtual-env.ts'

test('createVirtualEnv() lets no time pass by itself', async () => {
  const env = createVirtualEnv({ seed: 1, startTime: 1000 })
  let fired = false
  env.timers.after(1, () => (fired = true))
  await env.settle()
  expect([fired, env.clock.now(), env.clock.monotonic()]).toEqual([false, 1000, 0])
})

test('VirtualEnv.advance() fires timers in time order, each seeing its own time', async () => {
  const env = createVirtualEnv({ seed: 1, startTime: 0 })
  const seen: string[] = []
  for (const [name, delayMs] of [
    ['c', 30],
    ['a', 10],
    ['b', 10],
  ] as const) {
    env.timers.after(delayMs, () => seen.push(`${name}@${env.clock.now()}`))
  }
  await env.advance(20)
  expect(seen).toEqual(['a@10', 'b@10'])
  expect(env.clock.now()).toBe(20)
  await env.advance(10)
  expect(seen).toEqual(['a@10', 'b@10', 'c@30'])
})

test('VirtualEnv.advance() lets promises and yields settle between two timers', async () => {
  const env = createVirtualEnv({ seed: 1, startTime: 0 })
  const seen: string[] = []
  const work = async (name: string) => {
    await env.timers.sleep(10)
    for (let i = 0; i < 3; i++) await env.timers.yield()
    seen.push(`${name}@${env.clock.now()}`)
    await env.timers.sleep(5)
    seen.push(`${name}@${env.clock.now()}`)
  }
  void work('a')
  env.timers.after(11, () => seen.push(`late@${env.clock.now()}`))
  await env.advance(20)
  expect(seen).toEqual(['a@10', 'late@11', 'a@15'])
})

test('VirtualEnv timers do not fire once cancelled, and sleep ends at once when its signal aborts', async () => {
  const env = createVirtualEnv({ seed: 1 })
  let fired = false
  env.timers.after(5, () => (fired = true)).cancel()
  const abort = new AbortController()
  const sleep = env.timers.sleep(1e9, abort.signal)
  abort.abort()
  await sleep
  await env.timers.sleep(1e9, abort.signal)
  await env.advance(10)
  expect(fired).toBe(false)
})

test('VirtualEnv.advanceUntil() stops when its predicate holds, and names what did not come', async () => {
  const env = createVirtualEnv({ seed: 1, startTime: 0 })
  let ready = false
  env.timers.after(50, () => (ready = true))
  await env.advanceUntil(() => ready, { limitMs: 100, what: 'ready' })
  expect(env.clock.now()).toBe(50)
  const inVain = env.advanceUntil(() => false, { limitMs: 100, what: 'the pod to be ready' })
  await expect(inVain).rejects.toThrow('Waited 100 virtual ms in vain for: the pod to be ready')
})

test('VirtualEnv.complete() passes the time that a promise needs, and gives its result or error', async () => {
  const env = createVirtualEnv({ seed: 1, startTime: 0 })
  const slow = async () => {
    await env.timers.sleep(70)
    return 'done'
  }
  expect(await env.complete(slow(), { limitMs: 100, what: 'slow' })).toBe('done')
  expect(env.clock.now()).toBe(70)
  const failing = env.complete(Promise.reject(new Error('broken')), { limitMs: 100, what: 'failing' })
  await expect(failing).rejects.toThrow('broken')
})

test('VirtualEnv refuses to pass time twice at once', async () => {
  const env = createVirtualEnv({ seed: 1 })
  const first = env.advance(10)
  await expect(env.advance(10)).rejects.toThrow('it is already passing')
  await first
})

test('createVirtualEnv() repeats itself for a seed, and differs for another', async () => {
  const run = async (seed: number) => {
    const env = createVirtualEnv({ seed })
    const seen: unknown[] = []
    const work = async (name: number) => {
      for (let i = 0; i < 20; i++) {
        await env.timers.sleep(Math.floor(env.random() * 5))
        seen.push([name, env.clock.monotonic(), env.uuid()])
      }
    }
    for (let i = 0; i < 5; i++) void work(i)
    await env.advance(1000)
    return seen
  }
  const first = await run(42)
  expect(first).toHaveLength(100)
  expect(await run(42)).toEqual(first)
  expect(await run(43)).not.toEqual(first)
})

test('VirtualEnv keeps log lines with the fields of their loggers, and sums metrics', () => {
  const env = createVirtualEnv({ seed: 1, startTime: 5 })
  env.log.child({ room: 'a' }).warn({ key: 'x' }, 'odd')
  expect(env.logs).toEqual([{ level: 'warn', message: 'odd', fields: { room: 'a', key: 'x' }, time: 5 }])
  const counter = env.metrics.counter({ name: 'flotilla_things_total', help: 'Things.', labels: ['kind'] })
  counter.add(2, { kind: 'a' })
  counter.add(1, { kind: 'a' })
  expect(env.metrics.value('flotilla_things_total', { kind: 'a' })).toBe(3)
})

test('VirtualEnv uuids are version 4 and unique', () => {
  const env = createVirtualEnv({ seed: 7 })
  const uuids = Array.from({ length: 1000 }, () => env.uuid())
  expect(new Set(uuids).size).toBe(1000)
  for (const uuid of uuids)
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('VirtualEnv random numbers are spread evenly over [0, 1)', () => {
  const env = createVirtualEnv({ seed: 3 })
  const buckets = Array.from({ length: 10 }, () => 0)
  for (let i = 0; i < 10_000; i++) {
    const bucket = Math.floor(env.random() * 10)
    buckets[bucket] = (buckets[bucket] ?? 0) + 1
  }
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

test('VirtualEnv.settle() ends work that yields for ever', async () => {
  const env = createVirtualEnv({ seed: 1 })
  let isOver = false
  const spin = async () => {
    while (!isOver) await env.timers.yield()
  }
  void spin()
  await expect(env.settle()).rejects.toThrow('Cannot settle: work yielded')
  isOver = true
}, 60_000)
