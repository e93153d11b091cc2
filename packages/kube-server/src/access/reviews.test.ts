// Reviews: answers that are never stored.
import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { createCatalog } from '../catalog.ts'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Authenticator } from './authenticator.ts'
import type { Authorizer } from './authorizer.ts'
import { createReviews } from './reviews.ts'
import { createStaticTokenAuthenticator } from './static-token-authenticator.ts'

const bob = { name: 'bob', uid: '7', groups: ['dev'] }
const catalog = createCatalog()

/** bob may get what is in `shop`; everybody may read /healthz. */
const authorizer: Authorizer = {
  authorize: ({ user, verb, namespace, path }) => ({
    allowed: path === '/healthz' || (user.name === 'bob' && verb === 'get' && namespace === 'shop'),
    reason: '',
  }),
  rulesFor: () => ({ resourceRules: [], nonResourceRules: [] }),
}

const api: Authenticator = {
  audience: 'api',
  authenticate({ bearer, audience = 'api' }) {
    if (bearer !== 'for-vault') return undefined
    if (audience !== 'vault') throw new FlotillaError('Unauthenticated', 'Unauthorized')
    return { name: 'robot', groups: [] }
  },
}
const authenticators = [createStaticTokenAuthenticator(new Map([['secret', bob]])), api]

async function review(kind: string, group: string, spec: object, namespace?: string): Promise<KubeObject> {
  const resource = catalog.findKind(`${group}/v1`, kind)
  const answer = resource && createReviews({ authorizer, authenticators }).find(resource, '')
  if (answer === undefined) throw new Error(`no review ${kind}`)
  const object = { apiVersion: `${group}/v1`, kind, metadata: {}, spec } as unknown as KubeObject
  const key = { name: '', ...(namespace === undefined ? {} : { namespace }) }
  return answer({ user: bob, warn: () => {} }, object, { key, dryRun: false })
}

const access = (kind: string, spec: object, namespace?: string) => review(kind, 'authorization.k8s.io', spec, namespace)
const getPods = { verb: 'get', resource: 'pods', namespace: 'shop' }

describe('createReviews()', () => {
  test.each([
    { name: 'what one may do', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: getPods }, want: true },
    {
      name: 'what one may not do',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { ...getPods, namespace: '' } },
      want: false,
    },
    {
      name: 'a path',
      kind: 'SelfSubjectAccessReview',
      spec: { nonResourceAttributes: { path: '/healthz', verb: 'get' } },
      want: true,
    },
    {
      name: 'another user and not the caller',
      kind: 'SubjectAccessReview',
      spec: { user: 'eve', resourceAttributes: getPods },
      want: false,
    },
    {
      name: 'a named user',
      kind: 'SubjectAccessReview',
      spec: { user: 'bob', resourceAttributes: getPods },
      want: true,
    },
  ])('tell of $name', async ({ kind, spec, want }) => {
    expect(await access(kind, spec)).toMatchObject({ status: { allowed: want } })
  })

  test('refuse a local review of another namespace', async () => {
    const spec = { user: 'bob', resourceAttributes: getPods }
    expect(await access('LocalSubjectAccessReview', spec, 'shop')).toMatchObject({ status: { allowed: true } })
    await expect(access('LocalSubjectAccessReview', spec, 'other')).rejects.toMatchObject({ code: 'Invalid' })
  })

  test.each([
    { name: 'nothing asked', kind: 'SelfSubjectAccessReview', spec: {} },
    {
      name: 'both asked',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: getPods, nonResourceAttributes: { path: '/', verb: 'get' } },
    },
    { name: 'nobody named', kind: 'SubjectAccessReview', spec: { resourceAttributes: getPods } },
  ])('refuse $name', async ({ kind, spec }) => {
    await expect(access(kind, spec)).rejects.toMatchObject({ code: 'Invalid' })
  })

  const token = (spec: object) => review('TokenReview', 'authentication.k8s.io', spec)

  test.each([
    {
      name: 'a token for this server',
      spec: { token: 'secret' },
      want: { authenticated: true, audiences: ['api'], user: { username: 'bob', uid: '7' } },
    },
    { name: 'an unknown token', spec: { token: 'x' }, want: { user: {}, error: 'invalid bearer token' } },
    { name: 'a token for others', spec: { token: 'for-vault' }, want: { user: {}, error: 'Unauthorized' } },
    {
      name: 'a token for others that they ask of',
      spec: { token: 'for-vault', audiences: ['vault'] },
      want: { authenticated: true, audiences: ['vault'] },
    },
    {
      name: 'a token for this server that others ask of',
      spec: { token: 'secret', audiences: ['vault'] },
      want: { user: {}, error: 'invalid bearer token' },
    },
  ])('tell of $name', async ({ spec, want }) => {
    const { status } = (await token(spec)) as unknown as { status: object }
    expect(status).toMatchObject(want)
    expect('authenticated' in status).toBe('authenticated' in want)
  })

  test('tell a caller who it is', async () => {
    const answer = await review('SelfSubjectReview', 'authentication.k8s.io', {})
    expect(answer).toMatchObject({ status: { userInfo: { username: 'bob', uid: '7', groups: ['dev'] } } })
  })
})
