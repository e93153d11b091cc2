// Tokens of ServiceAccounts: who holds one, and when it is no longer good.
import { createHmac, createPublicKey, sign } from 'node:crypto'
import type { KubeObject } from '@flotilla/machinery/object'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { newKey } from '../http/test-server.ts'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import type { Authenticator } from './authenticator.ts'
import { createServiceAccountTokens } from './service-account-tokens.ts'

const key = newKey()
const admin = { name: 'admin', groups: ['system:masters'] }
const core = { group: '', version: 'v1', namespaced: true }
const accounts = { ...core, plural: 'serviceaccounts', kind: 'ServiceAccount' }
const secrets = { ...core, plural: 'secrets', kind: 'Secret' }
const pods = { ...core, plural: 'pods', kind: 'Pod' }
const robot = { namespace: 'default', name: 'robot' }

function an(kind: string, name: string, more: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'default' }, ...more }
}

async function aServer() {
  const env = createVirtualEnv({ seed: 1 })
  const store = createMemoryStore({ env })
  const server = await createKubeServer({ env, store })
  const api = server.apiAs(admin)
  await api.create(accounts, an('ServiceAccount', 'robot'))
  const tokens = createServiceAccountTokens({ env, store, key })
  const request = (spec: object = {}) =>
    tokens.tokenRequest({ user: admin, warn: () => {} }, an('TokenRequest', 'robot', { spec }), {
      key: robot,
      dryRun: false,
    }) as KubeObject & { status: { token: string } }
  return { env, store, api, tokens, request }
}

/** Undefined for a token of others; the code of the error for a bad one of ours. */
function outcome(authenticator: Authenticator, bearer: string, audience?: string): unknown {
  try {
    return authenticator.authenticate({ bearer, ...(audience === undefined ? {} : { audience }) })
  } catch (error) {
    return (error as { code: string }).code
  }
}

function withHeader(token: string, header: object, signature: (content: string) => string): string {
  const [, body = ''] = token.split('.')
  const content = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}`
  return `${content}.${signature(content)}`
}

describe('createServiceAccountTokens()', () => {
  test('knows the account of its token', async () => {
    const { tokens } = await aServer()
    const { token } = tokens.issue('default', 'robot')
    expect(outcome(tokens.authenticator, token)).toMatchObject({
      name: 'system:serviceaccount:default:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default'],
    })
    expect(() => tokens.issue('default', 'nobody')).toThrow('serviceaccounts "nobody" not found')
  })

  test('refuses a token past its time', async () => {
    const { env, tokens } = await aServer()
    const { token } = tokens.issue('default', 'robot', 600)
    await env.advance(599_000)
    expect(outcome(tokens.authenticator, token)).toMatchObject({ name: 'system:serviceaccount:default:robot' })
    await env.advance(1_000)
    expect(outcome(tokens.authenticator, token)).toBe('Unauthenticated')
  })

  test('refuses the token of an account that went, and of one that came again under its name', async () => {
    const { api, tokens } = await aServer()
    const { token } = tokens.issue('default', 'robot')
    await api.delete(accounts, robot)
    expect(outcome(tokens.authenticator, token)).toBe('Unauthenticated')
    await api.create(accounts, an('ServiceAccount', 'robot'))
    expect(outcome(tokens.authenticator, token)).toBe('Unauthenticated')
  })

  test('does not know tokens of another key, of no signature, or signed with the public key as a secret', async () => {
    const { env, store, tokens } = await aServer()
    const other = createServiceAccountTokens({ env, store, key: newKey() })
    const { token } = tokens.issue('default', 'robot')
    const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' })
    const forged = [
      other.issue('default', 'robot').token,
      withHeader(token, { alg: 'none', typ: 'JWT' }, () => ''),
      withHeader(token, { alg: 'HS256', typ: 'JWT' }, (content) =>
        createHmac('sha256', publicPem).update(content).digest('base64url'),
      ),
      withHeader(token, { alg: 'ES256' }, (content) => sign('sha256', Buffer.from(content), key).toString('base64url')),
      `${token}.x`,
      token.slice(0, -4),
      '',
      '..',
    ]
    for (const one of forged) expect(outcome(tokens.authenticator, one)).toBeUndefined()
  })

  test('does not know the token of another issuer under the same key', async () => {
    const { env, store, tokens } = await aServer()
    const other = createServiceAccountTokens({ env, store, key, issuer: 'https://other' })
    expect(outcome(tokens.authenticator, other.issue('default', 'robot').token)).toBeUndefined()
  })

  test('takes a token for those alone whom it is meant for', async () => {
    const { tokens, request } = await aServer()
    const { token } = request({ audiences: ['vault'] }).status
    expect(outcome(tokens.authenticator, token)).toBe('Unauthenticated')
    expect(outcome(tokens.authenticator, token, 'vault')).toMatchObject({ name: 'system:serviceaccount:default:robot' })
    expect(outcome(tokens.authenticator, tokens.issue('default', 'robot').token, 'vault')).toBe('Unauthenticated')
  })

  test.each([
    { name: 'too short a time', spec: { expirationSeconds: 599 }, code: 'Invalid' },
    { name: 'too long a time', spec: { expirationSeconds: 2 ** 32 + 1 }, code: 'Invalid' },
    { name: 'no time', spec: { expirationSeconds: 'x' }, code: 'Invalid' },
    {
      name: 'a binding to another kind',
      spec: { boundObjectRef: { kind: 'ConfigMap', name: 'a' } },
      code: 'BadRequest',
    },
    {
      name: 'a binding to a pod that is not there',
      spec: { boundObjectRef: { kind: 'Pod', name: 'a' } },
      code: 'NotFound',
    },
  ])('refuses a request with $name', async ({ spec, code }) => {
    const { request } = await aServer()
    expect(() => request(spec)).toThrow(expect.objectContaining({ code }) as Error)
  })

  test('binds a token to a Secret, and to the pods of the account', async () => {
    const { api, tokens, request } = await aServer()
    await api.create(secrets, an('Secret', 'bound'))
    const { token } = request({ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'bound' } }).status
    expect(outcome(tokens.authenticator, token)).toMatchObject({ name: 'system:serviceaccount:default:robot' })
    expect(() => request({ boundObjectRef: { kind: 'Secret', name: 'bound', uid: 'other' } })).toThrow('UID')
    await api.delete(secrets, { namespace: 'default', name: 'bound' })
    expect(outcome(tokens.authenticator, token)).toBe('Unauthenticated')
    const spec = { serviceAccountName: 'default', containers: [{ name: 'c', image: 'i' }] }
    await api.create(pods, an('Pod', 'p', { spec }))
    expect(() => request({ boundObjectRef: { kind: 'Pod', name: 'p' } })).toThrow('different serviceaccount')
  })
})
