// The server over a real TLS port, called as clients call it.
import { connect } from 'node:http2'
import { createRealEnv } from '@flotilla/runtime/real-env'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCertificateAuthenticator } from '../access/certificate-authenticator.ts'
import { createRbacAuthorizer } from '../access/rbac-authorizer.ts'
import { ensureBootstrapRoles } from '../access/bootstrap-roles.ts'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { createCa, createClientCertificate, createServingCertificate, type KeyPair } from './certificates.ts'
import { serveKube, type Serving } from './server.ts'

const env = createRealEnv({ logLevel: 'silent' })
let serving: Serving
let ca: KeyPair
let admin: KeyPair
let bob: KeyPair

beforeAll(async () => {
  const store = createMemoryStore({ env })
  const rbac = createRbacAuthorizer({ store })
  const server = await createKubeServer({ env, store, admission: [rbac.escalationHook] })
  await ensureBootstrapRoles(server)
  ca = await createCa(env, 'test')
  admin = await createClientCertificate(env, ca, { user: 'admin', groups: ['system:masters'] })
  bob = await createClientCertificate(env, ca, { user: 'bob', groups: ['devs'] })
  const tls = { ...(await createServingCertificate(env, ca)), clientCa: ca.cert }
  const authenticators = [createCertificateAuthenticator(ca.cert, env.clock)]
  serving = await serveKube({ env, server, tls, authenticators, authorizer: rbac })
})

afterAll(() => serving.close())

interface Answer {
  readonly code: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** One request on a session of its own. */
function call(
  who: KeyPair | undefined,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const session = connect(serving.url, { ca: ca.cert, ...(who === undefined ? {} : who) })
  return new Promise<Answer>((resolve, reject) => {
    session.on('error', reject)
    const stream = session.request({ ':method': method, ':path': path, ...headers })
    let code = 0
    let got: Record<string, unknown> = {}
    let text = ''
    stream.on('response', (all) => {
      got = all
      code = Number(all[':status'])
    })
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => (text += chunk))
    stream.on('end', () => resolve({ code, headers: got, text }))
    stream.on('error', reject)
    stream.end(body)
  }).finally(() => session.close())
}

const configMaps = '/api/v1/namespaces/default/configmaps'
const json = { 'content-type': 'application/json' }

describe('serveKube()', () => {
  test('creates, reads as a table, and deletes', async () => {
    const created = await call(admin, 'POST', configMaps, '{"metadata":{"name":"one"},"data":{"a":"1"}}', json)
    expect([created.code, JSON.parse(created.text).metadata.namespace]).toEqual([201, 'default'])
    const table = await call(admin, 'GET', configMaps, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    })
    expect(JSON.parse(table.text).rows[0].cells.slice(0, 2)).toEqual(['one', 1])
    const deleted = await call(admin, 'DELETE', `${configMaps}/one`)
    expect(JSON.parse(deleted.text)).toMatchObject({ status: 'Success', details: { name: 'one', kind: 'configmaps' } })
  })

  test('refuses with the words of upstream', async () => {
    const forbidden = await call(bob, 'GET', configMaps)
    const text =
      'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"'
    expect([forbidden.code, JSON.parse(forbidden.text).message]).toEqual([403, text])
    const anonymous = await call(undefined, 'GET', '/apis')
    expect(JSON.parse(anonymous.text).message).toBe('forbidden: User "system:anonymous" cannot get path "/apis"')
  })

  test.each([
    { name: 'an unknown token', path: '/api', headers: { authorization: 'Bearer x' }, code: 401 },
    { name: 'a path of nobody', path: '/nothing', headers: {}, code: 404 },
    { name: 'a resource of nobody', path: '/api/v1/nothing', headers: {}, code: 404 },
    { name: 'protobuf alone', path: configMaps, headers: { accept: 'application/vnd.kubernetes.protobuf' }, code: 406 },
    { name: 'a limit that is no number', path: `${configMaps}?limit=x`, headers: {}, code: 400 },
  ])('answers $code for $name', async ({ path, headers, code }) => {
    const who = code === 401 ? undefined : admin
    expect((await call(who, 'GET', path, undefined, headers as Record<string, string>)).code).toBe(code)
  })

  test('refuses prototype keys, wrong types and too long bodies', async () => {
    const hostile = '{"metadata":{"name":"x"},"data":{"__proto__":"1"}}'
    expect((await call(admin, 'POST', configMaps, hostile, json)).code).toBe(400)
    expect((await call(admin, 'POST', configMaps, 'x', { 'content-type': 'text/x' })).code).toBe(415)
    expect((await call(admin, 'POST', configMaps, 'x'.repeat(3 * 1024 * 1024 + 1), json)).code).toBe(413)
  })

  test('does not name a document anew while nothing changed', async () => {
    const first = await call(admin, 'GET', '/apis')
    const again = await call(admin, 'GET', '/apis', undefined, { 'if-none-match': String(first.headers['etag']) })
    expect([first.code, again.code, again.text]).toEqual([200, 304, ''])
  })
})
