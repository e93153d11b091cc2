// What the door withstands: too much, too long, too many, over both versions of HTTP and of TLS.
import { connect } from 'node:http2'
import { Agent, request as httpsRequest } from 'node:https'
import { connect as connectTls } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { createRealEnv } from '@flotilla/runtime/real-env'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type Answer, type TestServer } from './test-server.ts'

let api: TestServer
const lines: string[] = []
const maps = '/api/v1/namespaces/default/configmaps'
const secrets = '/api/v1/namespaces/default/secrets'
const canary = 'Canary7Canary'

beforeAll(async () => {
  const env = createRealEnv({ logLevel: 'debug', destination: { write: (line: string) => void lines.push(line) } })
  api = await startTestServer({ env, limits: { reading: 20, writing: 20, watching: 5 } })
  const every = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
  await api.grant('alice', every)
  await api.grant('bob', every)
})
afterAll(() => api[Symbol.asyncDispose]())

/** One request over HTTP/1.1. */
function call1(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { authorization: 'Bearer admin', ...headers }
    const agent = new Agent({ keepAlive: false })
    const outgoing = httpsRequest(
      new URL(path, api.serving.url),
      { agent, method, headers: all, ca: api.ca.cert },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => resolve({ code: answer.statusCode ?? 0, headers: answer.headers, text }))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const json = { 'content-type': 'application/json' }
const aMap = (name: string) => JSON.stringify({ metadata: { name } })

describe('HTTP/1.1 and HTTP/2', () => {
  test('answer alike', async () => {
    for (const path of ['/version', '/apis', '/api/v1/namespaces/default', `${maps}/none`, '/nothing', '/readyz']) {
      const [one, two] = [await call1('GET', path), await api.call('admin', 'GET', path)]
      expect([path, one.code, one.text, one.headers['content-type']]).toEqual([
        path,
        two.code,
        two.text,
        two.headers['content-type'],
      ])
    }
    expect((await call1('POST', maps, json, aMap('one'))).code).toBe(201)
    expect((await api.call('admin', 'POST', maps, { body: aMap('two') })).code).toBe(201)
  })

  test('answer HEAD without a body', async () => {
    const [one, two] = [await call1('HEAD', '/version'), await api.call('admin', 'HEAD', '/version')]
    expect([one.code, one.text, two.code, two.text].slice(0, 2)).toEqual([two.code, two.text])
  })

  test('go on after a body that nobody read', async () => {
    const body = 'x'.repeat(100_000)
    for (let i = 0; i < 3; i++) {
      expect((await api.call('', 'POST', maps, { body })).code).toBe(403)
      expect((await call1('POST', maps, { ...json, authorization: 'Bearer wrong' }, body)).code).toBe(401)
    }
    expect((await api.call('admin', 'GET', maps)).code).toBe(200)
  })
})

describe('TLS', () => {
  const versionOf = (options: object) =>
    new Promise<string>((resolve) => {
      const socket = connectTls({ port: api.serving.port, host: '127.0.0.1', ca: api.ca.cert, ...options })
      socket.once('secureConnect', () => resolve(socket.getProtocol() ?? ''))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
      socket.once('close', () => resolve('closed'))
    })
  const weak = { ciphers: 'DEFAULT:@SECLEVEL=0' } as const

  test('is of version 1.2 or later', async () => {
    expect(await versionOf({})).toBe('TLSv1.3')
    expect(await versionOf({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
    for (const version of ['TLSv1.1', 'TLSv1']) {
      const got = await versionOf({ minVersion: version, maxVersion: version, ...weak })
      expect([version, got.startsWith('TLSv')]).toEqual([version, false])
    }
  })
})

describe('limits', () => {
  test('refuse headers of more than 64 KiB', async () => {
    const headers = { 'x-long': 'x'.repeat(70_000) }
    const one = await call1('GET', '/version', headers).catch((error: Error) => error)
    expect(one instanceof Error || one.code === 431).toBe(true)
    await using other = await startTestServer()
    other.session.on('error', () => {})
    const two = await other.call('admin', 'GET', '/version', { headers }).catch((error: Error) => error)
    expect(two instanceof Error || two.code === 431 || Number.isNaN(two.code)).toBe(true)
  })

  test('refuse long, deep, packed and hostile bodies', async () => {
    const post = (body: string | Buffer, headers: Record<string, string> = json) =>
      api.call('alice', 'POST', maps, { body, headers }).then(({ code }) => code)
    expect(await post('x'.repeat(3 * 1024 * 1024 + 1))).toBe(413)
    expect(await post(gzipSync(Buffer.alloc(16_000_000)), { ...json, 'content-encoding': 'gzip' })).toBe(413)
    expect(await post('not gzip', { ...json, 'content-encoding': 'gzip' })).toBe(400)
    expect(await post(gzipSync(aMap('packed')), { ...json, 'content-encoding': 'gzip' })).toBe(201)
    expect(await post(`{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toBe(400)
    expect(await post('{"metadata":{"name":"x"},"__proto__":{"admin":true}}')).toBe(400)
    expect(await post('k8s\0\xff\xff\xff', { 'content-type': 'application/vnd.kubernetes.protobuf' })).toBe(400)
    expect(await post('', json)).toBe(400)
  })

  test('refuse a prototype key anywhere, though kube-apiserver takes it: here it could change what objects are', async () => {
    const body = '{"metadata":{"name":"a"},"data":{"__proto__":"y","constructor":"z"}}'
    const { code, text } = await api.call('alice', 'POST', maps, { body, headers: json })
    const { message, reason } = JSON.parse(text) as { message: string; reason: string }
    expect([code, reason, message]).toEqual([
      400,
      'BadRequest',
      'Cannot read the body: the key "__proto__" is not allowed',
    ])
  })

  test('do nothing of a body whose client left before its end', async () => {
    await api.create(maps, { metadata: { name: 'kept' }, data: { a: '1', b: '2' } })
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kept\ndata:\n  a: "1"\n'
    const session = connect(api.serving.url, { ca: api.ca.cert })
    const stream = session.request({
      ':method': 'PATCH',
      ':path': `${maps}/kept?fieldManager=x&force=true`,
      authorization: 'Bearer admin',
      'content-type': 'application/apply-patch+yaml',
    })
    await new Promise<void>((resolve) => stream.write(yaml, () => resolve()))
    await new Promise((resolve) => session.ping(() => resolve(undefined)))
    session.destroy()
    await api.call('admin', 'GET', '/readyz')
    const { text } = await api.call('admin', 'GET', `${maps}/kept`)
    expect(JSON.parse(text).metadata.managedFields.map(({ manager }: { manager: string }) => manager)).not.toContain(
      'x',
    )
  })

  test('answer 429 to a user with too much under way, and to nobody else', async () => {
    const stuck = Array.from({ length: 20 }, () => {
      const headers = { ':method': 'POST', ':path': maps, authorization: 'Bearer alice', ...json }
      const stream = api.session.request(headers)
      stream.on('error', () => {})
      stream.write('{')
      return stream
    })
    await new Promise((resolve) => api.session.ping(() => resolve(undefined)))
    const answer = await until(() => api.call('alice', 'POST', maps, { body: aMap('more') }), 429)
    expect([answer.headers['retry-after'], JSON.parse(answer.text).reason]).toEqual(['1', 'TooManyRequests'])
    expect((await api.call('alice', 'GET', maps)).code).toBe(200)
    expect((await api.call('bob', 'POST', maps, { body: aMap('bobs') })).code).toBe(201)
    for (const stream of stuck) stream.close(8)
    await until(() => api.call('alice', 'POST', maps, { body: { metadata: { generateName: 'more-' } } }), 201)
  })

  test('give back the place of a watch when its client goes', async () => {
    const watch = () => {
      const stream = api.session.request({ ':path': `${maps}?watch=1`, authorization: 'Bearer bob' })
      stream.on('error', () => {})
      return new Promise<{ code: number; close(): void }>((resolve) =>
        stream.once('response', (got) => resolve({ code: Number(got[':status']), close: () => stream.destroy() })),
      )
    }
    const open = await Promise.all([1, 2, 3, 4, 5].map(watch))
    expect(open.map(({ code }) => code)).toEqual([200, 200, 200, 200, 200])
    expect((await watch()).code).toBe(429)
    for (const { close } of open) close()
    await until(watch, 200)
  })
})

/** Asks again until the answer has `code`; the limit of the test ends what never does. */
async function until<T extends { readonly code: number }>(ask: () => Promise<T>, code: number): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer.code === code) return answer
  }
}

describe('callers', () => {
  test.each([
    { name: 'nobody', headers: {}, code: 403 },
    { name: 'an unknown token', headers: { authorization: 'Bearer nope' }, code: 401 },
    { name: 'an empty token', headers: { authorization: 'Bearer ' }, code: 403 },
    { name: 'a password', headers: { authorization: 'Basic YWRtaW46YWRtaW4=' }, code: 403 },
    {
      name: 'a proxy\u2019s headers',
      headers: { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' },
      code: 403,
    },
    { name: 'nobody as another', headers: { 'impersonate-user': 'admin' }, code: 403 },
  ])('$name: $code', async ({ headers, code }) => {
    expect((await api.call('', 'GET', secrets, { headers })).code).toBe(code)
  })

  test('are all named where nobody is let in', async () => {
    await using closed = await startTestServer({ allowAnonymous: false })
    expect((await closed.call('', 'GET', '/version')).code).toBe(401)
    expect((await closed.call('admin', 'GET', '/version')).code).toBe(200)
  })

  test.each([
    { path: '/', code: 404 },
    { path: '/nothing', code: 404 },
    { path: '/api/v2/pods', code: 404 },
    { path: '/apis/none.io/v1/things', code: 404 },
    { path: '/apis//v1/things', code: 404 },
    { path: '/apis/////', code: 404 },
    { path: '/openapi/v2////', code: 404 },
    { path: '/api/v1/namespaces/%zz', code: 400 },
    { path: '/api/v1/namespaces/%00', code: 404 },
    { path: '/healthz/../metrics', code: 404 },
    { path: '/metrics/', code: 404 },
  ])('find $code at $path', async ({ path, code }) => {
    expect((await api.call('admin', 'GET', path)).code).toBe(code)
  })

  test.each(['/api', '/version', '/readyz', '/openapi/v2', '/metrics'])('may not write to %s', async (path) => {
    expect((await api.call('alice', 'POST', path, { body: {} })).code).toBe(403)
  })
})

describe('what is told', () => {
  test('holds no value of a Secret and no token, neither in errors nor in the log', async () => {
    const one = { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'one' } }
    const told = [
      await api.call('admin', 'POST', secrets, { body: `{"stringData":{"key":"${canary}"x}}` }),
      await api.call('admin', 'POST', secrets, { body: `{"key":"${canary}","stringData":` }),
      await api.call('admin', 'POST', secrets, { body: { ...one, data: { key: `${canary}!` } } }),
      await api.call('admin', 'POST', secrets, { body: { ...one, data: { key: { [canary]: 1 } } } }),
      await api.call('admin', 'POST', secrets, {
        body: { ...one, type: 'kubernetes.io/tls', stringData: { key: canary } },
      }),
      await api.call('admin', 'POST', secrets, { body: { ...one, stringData: { key: canary }, immutable: 'x' } }),
    ]
    await api.create(secrets, { ...one, metadata: { name: 'two' }, stringData: { key: canary } })
    const merge = { 'content-type': 'application/merge-patch+json' }
    const patches = [
      { data: { key: { [canary]: 1 } } },
      { data: { key: `${canary}!` } },
      { stringData: { key: canary }, metadata: { name: 'x' } },
      { stringData: { key: canary }, kind: 'Other' },
      { stringData: { key: canary }, immutable: 'x' },
    ]
    for (const body of patches) told.push(await api.call('admin', 'PATCH', `${secrets}/two`, { body, headers: merge }))
    told.push(await api.call('admin', 'GET', secrets, { headers: { authorization: `Bearer ${canary}` } }))
    expect(told.filter(({ code }) => code < 400)).toEqual([])
    const texts = told.map(({ text }) => text)
    expect(texts.filter((text) => text.includes(canary) || text.includes(encoded))).toEqual([])
    expect(lines.filter((line) => line.includes(canary) || line.includes(encoded))).toEqual([])
  })
})

const encoded = Buffer.from(canary).toString('base64').slice(0, 16)
