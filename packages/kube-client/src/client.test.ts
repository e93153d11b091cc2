// The client against small servers: every verb, both HTTP versions, watches, refusals, lost connections, proxies.
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { gzipSync } from 'node:zlib'
import type { KubeApi, WatchEvent } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { createRealEnv } from '@flotilla/runtime/real-env'
import { describe, expect, it } from 'vitest'
import {
  authority,
  json,
  startTestServer,
  type Handler,
  type TestServer,
  type TestServerOptions,
} from '../test/server.ts'
import { createKubeClient, type KubeClientOptions } from './client.ts'
import type { Credentials } from './credentials.ts'
import { readServerVersion } from './version.ts'

const env = createRealEnv({ logLevel: 'silent' })
const pods: Resource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true }
const key = { namespace: 'shop', name: 'web' }
const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: key }

function clientOf(server: Pick<TestServer, 'url'>, options: Partial<KubeClientOptions> = {}) {
  const address = { url: server.url, ca: authority.certificate }
  return createKubeClient({ env, server: address, credentials: { token: 'secret' }, ...options })
}

async function serve(handler: Handler, options: TestServerOptions = {}) {
  return startTestServer(handler, options)
}

const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

interface Call {
  readonly name: string
  readonly call: (api: KubeApi) => Promise<unknown>
  readonly want: string
  readonly contentType?: string
  readonly body?: unknown
}

const calls: readonly Call[] = [
  { name: 'get', call: (api) => api.get(pods, key), want: 'GET /api/v1/namespaces/shop/pods/web' },
  {
    name: 'get of a subresource',
    call: (api) => api.get(pods, key, { subresource: 'status' }),
    want: 'GET /api/v1/namespaces/shop/pods/web/status',
  },
  {
    name: 'list',
    call: (api) => api.list(pods, { labelSelector: 'a=b', limit: 5, continue: 'x y' }),
    want: 'GET /api/v1/pods?labelSelector=a%3Db&limit=5&continue=x+y',
  },
  {
    name: 'create',
    call: (api) => api.create(pods, pod, { dryRun: true, fieldManager: 'me', fieldValidation: 'Strict' }),
    want: 'POST /api/v1/namespaces/shop/pods?dryRun=All&fieldManager=me&fieldValidation=Strict',
    contentType: 'application/json',
    body: pod,
  },
  {
    name: 'update',
    call: (api) => api.update(pods, pod, { subresource: 'status' }),
    want: 'PUT /api/v1/namespaces/shop/pods/web/status',
    body: pod,
  },
  {
    name: 'JSON patch',
    call: (api) => api.patch(pods, key, { type: 'json', operations: [{ op: 'remove', path: '/a' }] }),
    want: 'PATCH /api/v1/namespaces/shop/pods/web',
    contentType: 'application/json-patch+json',
    body: [{ op: 'remove', path: '/a' }],
  },
  {
    name: 'merge patch',
    call: (api) => api.patch(pods, key, { type: 'merge', patch: { a: null } }),
    want: 'PATCH /api/v1/namespaces/shop/pods/web',
    contentType: 'application/merge-patch+json',
    body: { a: null },
  },
  {
    name: 'strategic patch',
    call: (api) => api.patch(pods, key, { type: 'strategic', patch: { a: 1 } }),
    want: 'PATCH /api/v1/namespaces/shop/pods/web',
    contentType: 'application/strategic-merge-patch+json',
    body: { a: 1 },
  },
  {
    name: 'apply',
    call: (api) => api.apply(pods, pod, { fieldManager: 'me', force: true }),
    want: 'PATCH /api/v1/namespaces/shop/pods/web?fieldManager=me&force=true',
    contentType: 'application/apply-patch+yaml',
    body: pod,
  },
  {
    name: 'delete',
    call: (api) =>
      api.delete(pods, key, { preconditions: { uid: 'u' }, propagationPolicy: 'Foreground', dryRun: true }),
    want: 'DELETE /api/v1/namespaces/shop/pods/web',
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u' },
      propagationPolicy: 'Foreground',
      dryRun: ['All'],
    },
  },
  { name: 'raw', call: (api) => api.raw({ path: '/healthz?x=1' }), want: 'GET /healthz?x=1' },
]

describe.each(['h2', 'http/1.1', 'plain'] as const)('createKubeClient() over %s', (protocol) => {
  it.each(calls)('sends $name', async ({ call, want, contentType, body }) => {
    let sent = ''
    let headers: http.IncomingHttpHeaders = {}
    await using server = await serve(
      (request, response, text) => {
        sent = text
        headers = request.headers
        json(response, 200, pod)
      },
      { protocol },
    )
    await using client = clientOf(server)
    await call(client)
    expect(server.requests).toEqual([want])
    expect(headers['authorization']).toBe('Bearer secret')
    expect(headers['content-type']).toBe(contentType ?? headers['content-type'])
    expect(sent === '' ? undefined : JSON.parse(sent)).toEqual(body)
  })

  it('reads a watch however its bytes are cut, and ends with it', async () => {
    const text = Buffer.from(
      event('ADDED', { ...pod, note: 'ünïcode €' }) +
        event('BOOKMARK', {
          metadata: { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } },
        }) +
        event('DELETED', pod),
    )
    await using server = await serve(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        for (let at = 0; at < text.length; at += 7) response.write(text.subarray(at, at + 7))
        response.end()
      },
      { protocol },
    )
    await using client = clientOf(server)
    expect(await all<WatchEvent>(client.watch(pods, { sendInitialEvents: true, namespace: 'shop' }))).toEqual([
      { type: 'ADDED', object: { ...pod, note: 'ünïcode €' } },
      { type: 'BOOKMARK', resourceVersion: '7', initialEventsEnd: true },
      { type: 'DELETED', object: pod },
    ])
    expect(server.requests).toEqual([
      'GET /api/v1/namespaces/shop/pods?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan',
    ])
  })

  it('throws Unavailable when a watch loses its connection, and connects anew for the next request', async () => {
    await using server = await serve(
      (request, response) => {
        if (!request.url.includes('watch')) return json(response, 200, pod)
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(event('ADDED', pod))
      },
      { protocol },
    )
    await using client = clientOf(server)
    const events = client.watch(pods)[Symbol.asyncIterator]()
    expect((await events.next()).value).toEqual({ type: 'ADDED', object: pod })
    server.disconnect()
    await expect(events.next()).rejects.toMatchObject({ code: 'Unavailable' })
    expect(await client.get(pods, key)).toEqual(pod)
  })

  it('throws Unavailable for a body that breaks off, and sends the request no second time', async () => {
    await using server = await serve(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"kind":"Pod",', () => server.disconnect())
      },
      { protocol },
    )
    await using client = clientOf(server)
    await expect(client.create(pods, pod)).rejects.toMatchObject({ code: 'Unavailable' })
    expect(server.requests).toHaveLength(1)
  })

  it('ends a watch, and fails a request, when its signal aborts', async () => {
    await using server = await serve(
      (request, response) => {
        if (!request.url.includes('watch')) return
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(event('ADDED', pod))
      },
      { protocol },
    )
    await using client = clientOf(server)
    const stop = new AbortController()
    const seen: unknown[] = []
    for await (const found of client.watch(pods, { signal: stop.signal })) {
      seen.push(found)
      stop.abort()
    }
    expect(seen).toHaveLength(1)
    const get = client.get(pods, key, { signal: AbortSignal.timeout(20) })
    await expect(get).rejects.toMatchObject({
      code: 'Timeout',
      message: 'Cannot get pods shop/web: it took longer than its caller waits',
    })
    await expect(client.get(pods, key, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'Unavailable' })
  })

  it('gives up on a server that does not answer', async () => {
    await using server = await serve(() => undefined, { protocol })
    await using client = clientOf(server, { limits: { headersMs: 30 } })
    await expect(client.get(pods, key)).rejects.toMatchObject({ code: 'Timeout' })
  })

  it('reads gzip', async () => {
    await using server = await serve(
      (request, response) => {
        expect(request.headers['accept-encoding']).toBe('gzip')
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        response.end(gzipSync(JSON.stringify(pod)))
      },
      { protocol },
    )
    await using client = clientOf(server)
    expect(await client.get(pods, key)).toEqual(pod)
  })
})

describe('createKubeClient()', () => {
  it('turns a Status into its error, naming the hop of a refusal', async () => {
    const status = { kind: 'Status', reason: 'Forbidden', message: 'pods is forbidden', code: 403 }
    await using server = await serve((_, response) => json(response, 403, status))
    await using client = clientOf(server)
    await expect(client.list(pods)).rejects.toMatchObject({
      code: 'Forbidden',
      message: 'pods is forbidden',
      details: { hop: 'authorize' },
    })
  })

  it('throws what an ERROR event says', async () => {
    const status = { kind: 'Status', reason: 'Expired', message: 'too old resource version: 1 (9)', code: 410 }
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(event('ERROR', status))
    })
    await using client = clientOf(server)
    await expect(all(client.watch(pods))).rejects.toMatchObject({ code: 'Expired', message: status.message })
  })

  it('gives listed objects of built-in kinds their kind, and the page what is left', async () => {
    const list = {
      kind: 'PodList',
      metadata: { resourceVersion: '9', continue: 'c', remainingItemCount: 3 },
      items: [{ metadata: key }],
    }
    await using server = await serve((_, response) => json(response, 200, list))
    await using client = clientOf(server)
    expect(await client.list(pods)).toEqual({
      items: [pod],
      resourceVersion: '9',
      continue: 'c',
      remainingItemCount: 3,
    })
  })

  it('tells a created object from a changed one, and a deleted one from one that stays', async () => {
    const answers: [number, unknown][] = [
      [201, pod],
      [200, pod],
      [200, { kind: 'Status', status: 'Success' }],
      [200, pod],
    ]
    await using server = await serve((_, response) => json(response, ...(answers.shift() ?? [500, {}])))
    await using client = clientOf(server)
    expect((await client.apply(pods, pod, { fieldManager: 'me' })).created).toBe(true)
    expect((await client.apply(pods, pod, { fieldManager: 'me' })).created).toBe(false)
    expect(await client.delete(pods, key)).toBeUndefined()
    expect(await client.delete(pods, key)).toEqual(pod)
  })

  it('asks for new credentials once when the server refuses the old ones', async () => {
    const asked: boolean[] = []
    const credentials = async ({ refresh }: { refresh: boolean }): Promise<Credentials> => {
      asked.push(refresh)
      return { token: refresh ? 'new' : 'old' }
    }
    await using server = await serve((request, response) =>
      request.headers.authorization === 'Bearer new' ? json(response, 200, pod) : json(response, 401, {}),
    )
    await using client = clientOf(server, { credentials })
    expect(await client.get(pods, key)).toEqual(pod)
    expect(asked).toEqual([false, true])
  })

  it('impersonates, passes warnings on, and keeps a path before the API', async () => {
    const warnings: string[] = []
    let headers: http.IncomingHttpHeaders = {}
    await using server = await serve((request, response) => {
      headers = request.headers
      json(response, 200, pod, { warning: '299 - "unknown field \\"a\\"", 299 - "b, c"' })
    })
    const impersonate = { user: 'ann', groups: ['a', 'b'], extra: { 'x/y': ['1'] } }
    await using client = clientOf(
      { url: `${server.url}/k8s/c-1` },
      { impersonate, onWarning: (text) => warnings.push(text), userAgent: 'test/1' },
    )
    await client.get(pods, key)
    expect(server.requests).toEqual(['GET /k8s/c-1/api/v1/namespaces/shop/pods/web'])
    expect(headers).toMatchObject({
      'impersonate-user': 'ann',
      'impersonate-group': 'a, b',
      'impersonate-extra-x%2fy': '1',
      'user-agent': 'test/1',
    })
    expect(warnings).toEqual(['unknown field "a"', 'b, c'])
  })

  it('tells how long the server wants us to wait', async () => {
    await using server = await serve((_, response) => json(response, 429, {}, { 'retry-after': '7' }))
    await using client = clientOf(server)
    await expect(client.get(pods, key)).rejects.toMatchObject({
      code: 'TooManyRequests',
      details: { retryAfterSeconds: 7 },
    })
  })

  it('uses one session for everything, and another only for more watches than it has room for', async () => {
    await using server = await serve(
      (request, response) => {
        if (!request.url.includes('watch')) return json(response, 200, pod)
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(event('ADDED', pod))
      },
      { maxConcurrentStreams: 4 },
    )
    let sessions = 0
    server.http2?.on('session', () => (sessions += 1))
    await using client = clientOf(server)
    await Promise.all(Array.from({ length: 200 }, () => client.get(pods, key)))
    const stop = new AbortController()
    const open = async () => client.watch(pods, { signal: stop.signal })[Symbol.asyncIterator]().next()
    await open()
    await open()
    await client.get(pods, key)
    expect(sessions).toBe(1)
    await open()
    expect(await client.get(pods, key)).toEqual(pod)
    expect(sessions).toBe(2)
    stop.abort()
  })

  it.each(['h2', 'http/1.1'] as const)('ends a watch that is left before its first event (%s)', async (protocol) => {
    const ended = Promise.withResolvers<void>()
    await using server = await serve(
      (request, response) => {
        if (!request.url.includes('watch')) return json(response, 200, pod)
        response.on('close', () => ended.resolve())
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(event('ADDED', pod))
      },
      { protocol },
    )
    await using client = clientOf(server)
    const watch = client.watch(pods)[Symbol.asyncIterator]()
    await client.get(pods, key)
    await watch.return?.()
    await ended.promise
    expect(await watch.next()).toEqual({ done: true, value: undefined })
  })

  it('sends a request again that the server refused to process, once', async () => {
    let refusals = 1
    await using server = await serve((_, response) => {
      if (refusals-- > 0) response.stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
      else json(response, 200, pod)
    })
    await using client = clientOf(server)
    expect(await client.create(pods, pod)).toEqual(pod)
    refusals = 2
    await expect(client.create(pods, pod)).rejects.toMatchObject({ code: 'Unavailable' })
    expect(server.requests).toHaveLength(4)
  })

  it('moves to a new session when the server says goodbye', async () => {
    await using server = await serve((request, response) => {
      json(response, 200, pod)
      if (request.url.endsWith('/last')) request.stream.session?.goaway(0)
    })
    let sessions = 0
    server.http2?.on('session', () => (sessions += 1))
    await using client = clientOf(server)
    for (const name of ['first', 'last', 'next', 'after']) await client.get(pods, { name, namespace: 'shop' })
    expect(sessions).toBe(2)
  })

  it('goes through a proxy', async () => {
    await using server = await serve((_, response) => json(response, 200, pod), { protocol: 'http/1.1' })
    const targets: string[] = []
    const proxy = http.createServer()
    proxy.on('connect', (request, socket: net.Socket) => {
      targets.push(request.url ?? '')
      const out = net.connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        out.pipe(socket).pipe(out)
      })
      socket.on('error', () => out.destroy())
      out.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as net.AddressInfo
    const address = { url: server.url, ca: authority.certificate, proxyUrl: `http://127.0.0.1:${port}` }
    await using client = clientOf(server, { server: address })
    expect(await client.get(pods, key)).toEqual(pod)
    expect(targets).toEqual([`127.0.0.1:${server.port}`])
    proxy.close()
  })

  it('refuses requests after it was closed', async () => {
    await using server = await serve((_, response) => json(response, 200, pod))
    const client = clientOf(server)
    await client.get(pods, key)
    await client.close()
    await expect(client.get(pods, key)).rejects.toMatchObject({ code: 'Unavailable' })
  })
})

describe('readServerVersion()', () => {
  it('reads a vendor’s version, and names the hop when there is none', async () => {
    let body: unknown = { major: '1', minor: '27+', gitVersion: 'v1.27.3-eks' }
    await using server = await serve((_, response) => json(response, 200, body))
    await using client = clientOf(server)
    expect(await readServerVersion(client)).toEqual({ major: 1, minor: 27, gitVersion: 'v1.27.3-eks' })
    body = { hello: 'world' }
    await expect(readServerVersion(client)).rejects.toMatchObject({ details: { hop: 'version' } })
  })
})
