// Watches over the wire: what a client is sent, and when it ends.
import { request as httpsRequest } from 'node:https'
import type { ClientHttp2Stream } from 'node:http2'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, testEnv, type TestServer } from './test-server.ts'

let api: TestServer
let count = 0
let maps = ''

// Timers of the server run on a clock that the test moves; all else is real.
const clock = createVirtualEnv({ seed: 1 })
const timers = { ...clock.timers, yield: testEnv.timers.yield }

beforeAll(async () => {
  api = await startTestServer({ env: { ...testEnv, timers } })
})
afterAll(() => api[Symbol.asyncDispose]())

beforeEach(async () => {
  const name = `watch-${++count}`
  maps = `/api/v1/namespaces/${name}/configmaps`
  await api.create('/api/v1/namespaces', { metadata: { name } })
})

interface Frame {
  readonly type: string
  readonly object: { readonly kind: string; readonly code?: number; readonly metadata: Record<string, unknown> }
}

/** Frames as they come. `next` waits for one; undefined: the stream ended. */
function follow(query: string, headers: Record<string, string> = {}) {
  const path = `${maps}?watch=true&${query}`
  const stream: ClientHttp2Stream = api.session.request({ ':path': path, authorization: 'Bearer admin', ...headers })
  const code = new Promise<number>((resolve) => stream.once('response', (got) => resolve(Number(got[':status']))))
  const lines = linesOf(stream)
  return {
    stream,
    code,
    next: async (): Promise<Frame | undefined> => {
      const { value, done } = await lines.next()
      return done === true ? undefined : (JSON.parse(value) as Frame)
    },
  }
}

async function* linesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  return undefined
}

const nameOf = (frame: Frame | undefined) => `${frame?.type} ${String(frame?.object.metadata['name'])}`
const create = (name: string, labels: object = {}) => api.create(maps, { metadata: { name, labels } })
const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'

describe('streamWatch()', () => {
  test('sends what is there, the bookmark of its end, then changes', async () => {
    await create('a')
    const { next, stream, code } = follow(initial)
    expect([await code, nameOf(await next())]).toEqual([200, 'ADDED a'])
    const bookmark = await next()
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    })
    await create('b')
    expect(nameOf(await next())).toBe('ADDED b')
    stream.close()
  })

  test('sends bookmarks each minute to who takes them', async () => {
    const { next, stream, code } = follow('resourceVersion=&allowWatchBookmarks=true')
    await code
    await clock.advance(60_000)
    expect(await next()).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap' } })
    stream.close()
  })

  test('answers its headers before there is any event, and ends by its timeout', async () => {
    const { next, code } = follow('timeoutSeconds=5')
    expect(await code).toBe(200)
    await clock.advance(5_000)
    expect(await next()).toBeUndefined()
  })

  test('sends events that wait when the time is over, or ends', async () => {
    const { next, code } = follow('timeoutSeconds=5')
    await code
    const created = create('late')
    await clock.advance(5_000)
    await created
    const last = await next()
    expect(last === undefined || nameOf(last) === 'ADDED late').toBe(true)
    if (last !== undefined) expect(await next()).toBeUndefined()
  })

  test('sends metadata alone and tables to who asks', async () => {
    await create('a')
    const partial = follow(initial, { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' })
    expect((await partial.next())?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } })
    partial.stream.close()
    const table = follow(initial, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' })
    expect(JSON.stringify(await table.next())).toContain('"rows":[{"cells":["a",')
    table.stream.close()
  })

  test('shows changes as a selector sees them', async () => {
    const { next, stream, code } = follow('labelSelector=tier%3Dx')
    await code
    await create('a', { tier: 'y' })
    const headers = { 'content-type': 'application/merge-patch+json' }
    for (const tier of ['x', 'y']) {
      await api.call('admin', 'PATCH', `${maps}/a`, { body: { metadata: { labels: { tier } } }, headers })
    }
    expect([nameOf(await next()), nameOf(await next())]).toEqual(['ADDED a', 'DELETED a'])
    stream.close()
  })

  test('carries more than a socket takes at once over HTTP/1.1', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `m${i}`)
    const data = { text: 'x'.repeat(5000) }
    await Promise.all(names.map((name) => api.create(maps, { metadata: { name }, data })))
    const url = new URL(`${maps}?watch=true&${initial}&timeoutSeconds=1000`, api.serving.url)
    const options = { ca: api.ca.cert, headers: { authorization: 'Bearer admin' } }
    const seen = await new Promise<string[]>((resolve, reject) => {
      const outgoing = httpsRequest(url, options, async (answer) => {
        const got: string[] = []
        for await (const line of linesOf(answer)) {
          const frame = JSON.parse(line) as Frame
          if (frame.type === 'BOOKMARK') break
          got.push(String(frame.object.metadata['name']))
        }
        resolve(got)
        outgoing.destroy()
      })
      outgoing.on('error', reject).end()
    })
    expect(seen.sort()).toEqual(names.sort())
  })

  test('ends soon after its user lost the right to it, and after its token went', async () => {
    const [, , , , namespace = ''] = maps.split('/')
    await api.grant('bob', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['watch'] }], namespace)
    const { next, code } = follow('', { authorization: 'Bearer bob' })
    expect(await code).toBe(200)
    await clock.advance(30_000)
    await create('seen')
    expect(nameOf(await next())).toBe('ADDED seen')
    await api.call('admin', 'DELETE', `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`)
    await clock.advance(30_000)
    expect(await next()).toBeUndefined()
    expect(await follow('', { authorization: 'Bearer bob' }).code).toBe(403)
  })

  test('is refused in YAML', async () => {
    expect(await follow('', { accept: 'application/yaml' }).code).toBe(406)
  })
})
