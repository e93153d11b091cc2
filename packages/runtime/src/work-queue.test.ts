import { expect, test } from 'vitest'
import { createVirtualEnv } from './virtual-env.ts'
import { WorkQueue } from './work-queue.ts'

function aQueue(maxMs = 1000) {
  const env = createVirtualEnv({ seed: 1, startTime: 0 })
  const queue = new WorkQueue(env, { name: 'test', backoff: { baseMs: 100, maxMs } })
  const taken: string[] = []
  const work = async () => {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      taken.push(`${key}@${env.clock.now()}`)
      queue.done(key)
    }
  }
  return { env, queue, taken, work }
}

test('WorkQueue gives each key once, in the order of being added', async () => {
  const { env, queue, taken, work } = aQueue()
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key)
  expect(queue.depth).toBe(3)
  expect(env.metrics.value('flotilla_queue_depth', { queue: 'test' })).toBe(3)
  void work()
  await env.settle()
  expect(taken).toEqual(['a@0', 'b@0', 'c@0'])
  expect(env.metrics.value('flotilla_queue_depth', { queue: 'test' })).toBe(0)
})

test('WorkQueue keeps a key that is added while running until it is done', async () => {
  const { queue } = aQueue()
  queue.add('a')
  expect(await queue.next()).toBe('a')
  queue.add('a')
  queue.add('a')
  expect(queue.depth).toBe(0)
  queue.done('a')
  expect(queue.depth).toBe(1)
  expect(await queue.next()).toBe('a')
  queue.done('a')
  expect(queue.isIdle).toBe(true)
})

test('WorkQueue delays a key to the earliest time asked for', async () => {
  const { env, queue, taken, work } = aQueue()
  void work()
  queue.addAfter('a', 50)
  queue.addAfter('a', 20)
  queue.addAfter('a', 90)
  queue.addAfter('b', 10)
  await env.advance(200)
  expect(taken).toEqual(['b@10', 'a@20'])
})

test('WorkQueue forgets the delay of a key that is added before', async () => {
  const { env, queue, taken, work } = aQueue()
  void work()
  queue.addAfter('a', 50)
  await env.advance(10)
  queue.add('a')
  await env.advance(200)
  expect(taken).toEqual(['a@10'])
})

test('WorkQueue doubles the delay with each failure, up to its most, until the key is forgotten', () => {
  const { queue } = aQueue()
  const delays = Array.from({ length: 6 }, () => queue.backOff('a'))
  delays.forEach((delay, i) => {
    const full = Math.min(1000, 100 * 2 ** i)
    expect(delay).toBeGreaterThanOrEqual(full / 2)
    expect(delay).toBeLessThanOrEqual(full)
  })
  expect(queue.backOff('b', 700)).toBe(700)
  queue.forget('a')
  expect(queue.backOff('a')).toBeLessThanOrEqual(100)
})

test('WorkQueue holds a failed key back from changes, for its backoff but a second at most', async () => {
  const { env, queue, taken, work } = aQueue(60_000)
  const delayMs = Math.ceil(queue.backOff('a'))
  for (let i = 0; i < 10; i++) queue.noteFailure('b')
  expect(queue.backOff('b')).toBeGreaterThan(1000)
  void work()
  for (const key of ['a', 'b', 'c']) queue.add(key)
  await env.advance(5000)
  expect(taken).toEqual(['c@0', `a@${delayMs}`, 'b@1000'])
  queue.add('b')
  await env.settle()
  expect(taken.at(-1)).toBe('b@5000')
})

test('WorkQueue holds a failed key back from changes that came while it ran, and as long as a server asked for', async () => {
  const { env, queue, taken, work } = aQueue()
  for (const key of ['a', 'b']) {
    queue.add(key)
    await queue.next()
    queue.add(key)
    queue.backOff(key, key === 'a' ? 7000 : 0)
    queue.done(key)
  }
  queue.forget('b')
  queue.add('b')
  void work()
  await env.advance(10_000)
  expect(taken).toEqual(['b@0', 'a@7000'])
})

test('WorkQueue.idle() waits for what is ready and what is running, not for what is delayed', async () => {
  const { queue, env } = aQueue()
  queue.addAfter('later', 1000)
  await queue.idle()
  queue.add('a')
  let idle = false
  void queue.idle().then(() => (idle = true))
  const key = await queue.next()
  await env.settle()
  expect(idle).toBe(false)
  queue.done(key!)
  await env.settle()
  expect(idle).toBe(true)
})

test('WorkQueue.close() releases workers and drops what waits', async () => {
  const { env, queue, taken, work } = aQueue()
  const worker = work()
  await env.settle()
  queue.addAfter('a', 10)
  queue.close()
  queue.add('b')
  await worker
  await env.advance(100)
  expect(taken).toEqual([])
  expect(await queue.next()).toBeUndefined()
})

test('WorkQueue takes a timer that fires a fraction early as due', async () => {
  const { env } = aQueue()
  let now = 0
  const fired: (() => void)[] = []
  const timers = { ...env.timers, after: (_delayMs: number, run: () => void) => (fired.push(run), { cancel() {} }) }
  const queue = new WorkQueue({ ...env, timers, clock: { now: () => now, monotonic: () => now } }, { name: 'test' })
  queue.addAfter('a', 10)
  now = 9.999_999_9
  fired[0]!()
  expect(queue.depth).toBe(1)
  expect(fired).toHaveLength(1)
})
