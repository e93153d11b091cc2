// Calls to external scorers over real TLS, that of docs/scorer.md among them.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ScorerCall } from '@flotilla/control-plane/binding/scorer/call-scorer'
import { questionText, readAnswer } from '@flotilla/control-plane/binding/scorer/protocol'
import { aClusterRow } from '@flotilla/scheduler/fixtures'
import { afterEach, expect, test } from 'vitest'
import { issueCertificate } from '../../../kube-client/test/certificate.ts'
import { authority, startTestServer, type Handler, type TestServer } from '../../../kube-client/test/server.ts'
import { callScorerOverHttps, checkedLookup } from './call-scorer.ts'

const call = callScorerOverHttps({ allowLoopback: true })
let server: TestServer | undefined

afterEach(async () => {
  await server?.[Symbol.asyncDispose]()
  server = undefined
})

async function serve(handler: Handler): Promise<string> {
  server = await startTestServer(handler, { protocol: 'http/1.1' })
  return server.url
}

function aCall(url: string, more: Partial<ScorerCall> = {}): ScorerCall {
  const signal = AbortSignal.timeout(20_000)
  return { url, ca: authority.certificate, body: '{"kind":"ScoreRequest"}', mostAnswerBytes: 1000, signal, ...more }
}

test('callScorerOverHttps() posts the question with its token and gives the answer', async () => {
  const url = await serve((request, response, body) => {
    response.end(JSON.stringify([request.method, request.url, request.headers['authorization'], body]))
  })
  const { status, body } = await call(aCall(`${url}/score`, { token: 's3cret' }))
  expect(status).toBe(200)
  expect(JSON.parse(body)).toEqual(['POST', '/score', 'Bearer s3cret', '{"kind":"ScoreRequest"}'])
})

test('callScorerOverHttps() follows no redirect', async () => {
  const url = await serve((_, response) => {
    response.writeHead(302, { location: '/elsewhere' })
    response.end()
  })
  expect((await call(aCall(url))).status).toBe(302)
  expect(server?.requests).toEqual(['POST /'])
})

test('callScorerOverHttps() reads no more than it may', async () => {
  const url = await serve((_, response) => response.end('x'.repeat(100_000)))
  await expect(call(aCall(url))).rejects.toThrow('its answer is larger than 1000 bytes')
})

test('callScorerOverHttps() gives up when it is told to', async () => {
  const url = await serve(() => undefined)
  const late = new AbortController()
  const answer = call(aCall(url, { signal: late.signal }))
  late.abort()
  await expect(answer).rejects.toThrow(/cannot be reached/)
})

test('callScorerOverHttps() trusts only the authorities that it is given', async () => {
  const url = await serve((_, response) => response.end('{}'))
  const { certificate: ca } = issueCertificate({ name: 'another authority', isAuthority: true })
  await expect(call(aCall(url, { ca, token: 's3cret' }))).rejects.toThrow(/^its certificate is not trusted: /)
  expect(server?.requests).toEqual([])
})

test.each([
  { name: 'plain HTTP', url: 'http://10.0.0.1/', want: /its spec\.url must begin with https/ },
  { name: 'a metadata service', url: 'https://169.254.169.254/', want: /its spec\.url must not be link-local/ },
  { name: 'this machine by address', url: 'https://127.0.0.1:1/', want: /its spec\.url must not be on the hub's own/ },
  { name: 'this machine by name', url: 'https://localhost:1/', want: /its spec\.url must not be on the hub's own/ },
])('callScorerOverHttps() refuses $name', async ({ url, want }) => {
  await expect(callScorerOverHttps({ allowLoopback: false })(aCall(url))).rejects.toThrow(want)
})

test.each([
  {
    name: 'this machine',
    addresses: ['10.0.0.1', '127.0.0.1'],
    want: /rebound\.example, to which .* must not be on the hub/,
  },
  { name: 'a metadata service', addresses: ['169.254.169.254'], want: /must not be link-local/ },
])('checkedLookup() refuses a name that leads to $name', async ({ addresses, want }) => {
  const found = addresses.map((address) => ({ address, family: 4 }))
  const resolve: Parameters<typeof checkedLookup>[1] = (_host, _options, done) => done(null, found)
  const { promise, reject, resolve: pass } = Promise.withResolvers<unknown>()
  checkedLookup(false, resolve)('rebound.example', {}, (error, address) => (error ? reject(error) : pass(address)))
  await expect(promise).rejects.toThrow(want)
})

test('callScorerOverHttps() is answered by the scorer of docs/scorer.md', async () => {
  const page = readFileSync(new URL('../../../../docs/scorer.md', import.meta.url), 'utf8')
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(30)
  const folder = mkdtempSync(join(tmpdir(), 'scorer-'))
  const at = (name: string) => join(folder, name)
  const { certificate, key } = issueCertificate({ name: 'scorer', issuer: authority, addresses: ['127.0.0.1'] })
  writeFileSync(at('scorer.mjs'), code)
  writeFileSync(at('cert.pem'), certificate)
  writeFileSync(at('key.pem'), key)
  const env = { CERT_FILE: at('cert.pem'), KEY_FILE: at('key.pem'), TOKEN: 's3cret', PORT: '0' }
  const scorer = spawn(process.execPath, [at('scorer.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const port = await portOf(scorer.stdout)
    const rows = [aClusterRow({ name: 'eu', region: 'eu-west-1' }), aClusterRow({ name: 'us', region: 'us-east1' })]
    const workload = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', replicas: 4 }
    const body = questionText({ ...workload, requirements: { resourceRequest: { cpu: '500m' } } }, rows)
    const url = `https://127.0.0.1:${port}/score`
    expect((await call(aCall(url, { body }))).status).toBe(401)
    const reply = await call(aCall(url, { body, token: 's3cret' }))
    expect(readAnswer(reply.body, ['eu', 'us'])).toEqual({
      costs: new Map([['eu', 0.0155]]),
      refusals: new Map([['us', 'shops stay in the EU']]),
    })
  } finally {
    scorer.kill()
    rmSync(folder, { recursive: true })
  }
})

async function portOf(output: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const part of output) {
    text += part.toString()
    const port = /listening on (\d+)/.exec(text)?.[1]
    if (port !== undefined) return port
  }
  throw new Error(`the scorer ended: ${text}`)
}
