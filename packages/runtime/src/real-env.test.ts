import { FlotillaError } from '@flotilla/machinery/errors'
import { expect, test } from 'vitest'
import { createRealEnv } from './real-env.ts'

test('createRealEnv() sleeps, yields, and ends a sleep when its signal aborts', async () => {
  const { timers } = createRealEnv({ logLevel: 'silent' })
  const order: string[] = []
  const abort = new AbortController()
  const long = timers.sleep(2 ** 40, abort.signal).then(() => order.push('aborted'))
  await timers.yield()
  order.push('yielded')
  abort.abort()
  await long
  await timers.sleep(1)
  expect(order).toEqual(['yielded', 'aborted'])
})

test('createRealEnv() logs JSON lines with the error whole, and lines for people when asked', () => {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  createRealEnv({ destination })
    .log.child({ room: 'x' })
    .error({ err: new Error('broken') }, 'Internal error')
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'error',
    room: 'x',
    msg: 'Internal error',
    err: { message: 'broken' },
  })
  createRealEnv({ destination, pretty: true }).log.info({ key: 'a/b', text: 'two words' }, 'Started')
  expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d info {2}Started key=a\/b text="two words"\n$/)
})

test('createRealEnv() shows people what failed on purpose in one line, and the stack of a bug', () => {
  const lines: string[] = []
  const { log } = createRealEnv({ pretty: true, destination: { write: (line) => void lines.push(line) } })
  const cause = new Error('connect ECONNREFUSED')
  const expected = new FlotillaError('Unavailable', 'Cannot list nodes: refused', {}, { cause })
  log.warn({ cluster: 'eu', err: expected }, 'It stopped')
  log.error({ err: new TypeError('x is undefined') }, 'Internal error')
  expect(lines[0]?.slice(9)).toBe('warn  It stopped: Cannot list nodes: refused cluster=eu\n')
  expect(lines[1]?.slice(9)).toMatch(/^error Internal error\n {2}TypeError: x is undefined\n {6}at /)
})

test('createRealEnv() logs nothing below its level', () => {
  const lines: string[] = []
  const { log } = createRealEnv({ logLevel: 'warn', destination: { write: (line) => void lines.push(line) } })
  log.info({}, 'quiet')
  log.warn({}, 'heard')
  expect(lines).toHaveLength(1)
})

test('createRealEnv() exposes metrics as Prometheus text; asking twice for a name gives the same metric', async () => {
  const { metrics } = createRealEnv({ logLevel: 'silent' })
  const options = { name: 'flotilla_things_total', help: 'Things.', labels: ['kind'] }
  metrics.counter(options).add(2, { kind: 'a' })
  metrics.counter(options).add(1, { kind: 'a' })
  metrics.gauge({ name: 'flotilla_depth', help: 'Depth.' }).set(7)
  metrics.histogram({ name: 'flotilla_wait_seconds', help: 'Wait.', buckets: [1, 2] }).observe(1.5)
  const text = await metrics.text()
  expect(text).toContain('flotilla_things_total{kind="a"} 3')
  expect(text).toContain('flotilla_depth 7')
  expect(text).toContain('flotilla_wait_seconds_bucket{le="2"} 1')
})
