import { clusterResource } from '@flotilla/api/cluster'
import { crds } from '@flotilla/api/crds'
import { apiVersion } from '@flotilla/api/group'
import { planReview } from '@flotilla/api/plan'
import { reviews } from '@flotilla/api/reviews'
import { createRbacAuthorizer } from '@flotilla/kube-server/access/rbac-authorizer'
import { createReviews } from '@flotilla/kube-server/access/reviews'
import { createKubeServer, type KubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCommandEnv } from '../command-env.ts'
import { guardServer } from './api-endpoint.ts'
import { ensureObjects } from './ensure-objects.ts'
import { serveReviews } from './review-kinds.ts'
import { adminUser, rightsObjects } from './rights.ts'

const open = new AsyncDisposableStack()
let server: KubeServer

const as = (name: string) => server.apiAs({ name, groups: ['system:authenticated'] })
const kindOf = (kind: string) => {
  const found = reviews.find(({ resource }) => resource.kind === kind)
  if (found === undefined) throw new Error(`there is no review ${kind}`)
  return found.resource
}
function ask(user: string, kind: string, spec: object): Promise<KubeObject> {
  return as(user).create(kindOf(kind), { apiVersion, kind, metadata: { name: '' }, spec })
}

beforeAll(async () => {
  const env = createCommandEnv()
  const store = createMemoryStore({ env })
  server = open.use(await createKubeServer({ env, store }))
  const rbac = open.adopt(createRbacAuthorizer({ store }), (one) => one.stop())
  await guardServer(server, rbac)
  const others = serveReviews(env, server)
  server.setReviews(createReviews({ authorizer: rbac, authenticators: [], others }))
  const root = server.apiAs({ name: 'root', groups: ['system:masters'] })
  await ensureObjects(root, [...rightsObjects, ...crds])
  await root.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await root.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } })
  const spec = { id: 'id-of-eu', apiEndpoint: 'https://member.example:6443', secretRef: { name: 'eu' } }
  await root.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name: 'eu' }, spec })
})
afterAll(() => open.disposeAsync())

const template = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'a' }
const asked: readonly (readonly [string, object])[] = [
  ['Explanation', { template }],
  ['WhyNot', { template, clusters: ['eu'] }],
  ['Plan', { lose: ['eu'] }],
]

describe('serveReviews()', () => {
  it.each(asked)('answers a %s, as it was asked', async (kind, spec) => {
    const review = await ask(adminUser, kind, spec)
    expect(review).toMatchObject({ apiVersion, kind, spec })
    expect(review['status']).toBeDefined()
  })

  it.each(asked)('tells of a %s nothing that who asks may not read', async (kind, spec) => {
    await expect(ask('anybody', kind, spec)).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.stringMatching(/User "anybody" cannot (get|list) /),
    })
  })

  it('stores nothing', async () => {
    for (const [kind, spec] of asked) await ask(adminUser, kind, spec)
    expect(
      server.store
        .list({ prefix: '' })
        .items.filter(({ object }) => reviews.some(({ resource }) => resource.kind === object.kind)),
    ).toEqual([])
    await expect(as(adminUser).list(planReview.resource)).rejects.toMatchObject({ code: 'MethodNotAllowed' })
  })

  it('refuses what it cannot answer by its fields', async () => {
    await expect(ask(adminUser, 'Plan', { loose: ['eu'] })).rejects.toMatchObject({
      code: 'Invalid',
      message: expect.stringContaining('unknown field "loose"'),
    })
  })

  it('answers only so many at once', async () => {
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => ask(adminUser, 'Plan', { lose: ['eu'] })))
    const refused = all.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
    expect(refused).toMatchObject([{ code: 'TooManyRequests' }, { code: 'TooManyRequests' }])
    await expect(ask(adminUser, 'Plan', { lose: ['eu'] })).resolves.toMatchObject({ kind: 'Plan' })
  })

  it('has them found by whoever looks what there is', async () => {
    const { body } = await as('anybody').raw({ path: '/apis/flotilla.dev/v1alpha1' })
    const { resources } = body as { resources: readonly { name: string; verbs: readonly string[] }[] }
    const found = resources.filter(({ verbs }) => verbs.length === 1).map(({ name }) => name)
    expect(found.toSorted()).toEqual(['explanations', 'plans', 'whynots'])
  })
})
