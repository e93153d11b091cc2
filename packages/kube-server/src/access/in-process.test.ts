// Callers within the process: the same rights, documents and reviews as over the network.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { newKey } from '../http/test-server.ts'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { ensureBootstrapRoles } from './bootstrap-roles.ts'
import { asServerAuthorizer, asServerDocuments } from './in-process.ts'
import { createRbacAuthorizer } from './rbac-authorizer.ts'
import { createReviews } from './reviews.ts'
import { createServiceAccountTokens } from './service-account-tokens.ts'

const accounts = { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true }
const leases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true }
const configMaps = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true }
const reviewsOf = (kind: string, plural: string) => ({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: false,
})
const selfReviews = reviewsOf('SelfSubjectAccessReview', 'selfsubjectaccessreviews')
const otherReviews = reviewsOf('SubjectAccessReview', 'subjectaccessreviews')
const robot: KubeObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'robot', namespace: 'default' },
}
const forbidden = { code: 'Forbidden' }

async function aServer() {
  const env = createVirtualEnv({ seed: 1 })
  const store = createMemoryStore({ env })
  const rbac = createRbacAuthorizer({ store })
  const server = await createKubeServer({ env, store, admission: [rbac.escalationHook] })
  await ensureBootstrapRoles(server)
  const tokens = createServiceAccountTokens({ env, store, key: newKey() })
  const { authenticator, tokenRequest } = tokens
  server.setAuthorizer(asServerAuthorizer(rbac))
  server.setDocuments(asServerDocuments(server.catalog))
  server.setReviews(createReviews({ authorizer: rbac, authenticators: [authenticator], tokenRequest }))
  const admin = server.apiAs({ name: 'admin', groups: ['system:masters'] })
  await admin.create(accounts, robot)
  return { admin, server, tokens }
}

const asEve = (server: Awaited<ReturnType<typeof aServer>>['server']): KubeApi =>
  server.apiAs({ name: 'eve', groups: ['system:authenticated'] })

function aReview(kind: string, spec: object): KubeObject {
  return { apiVersion: 'authorization.k8s.io/v1', kind, metadata: {}, spec } as unknown as KubeObject
}

describe('apiAs()', () => {
  test('answers reviews', async () => {
    const { admin, server } = await aServer()
    const resourceAttributes = { verb: 'get', resource: 'secrets' }
    const own = aReview('SelfSubjectAccessReview', { resourceAttributes })
    expect(await admin.create(selfReviews, own)).toMatchObject({ status: { allowed: true } })
    expect(await asEve(server).create(selfReviews, own)).toMatchObject({ status: { allowed: false } })
    const others = aReview('SubjectAccessReview', { user: 'admin', resourceAttributes })
    expect(await admin.create(otherReviews, others)).toMatchObject({ status: { allowed: false } })
    await expect(asEve(server).create(otherReviews, others)).rejects.toMatchObject(forbidden)
  })

  test('gives tokens of service accounts to whom may create them', async () => {
    const { admin, server, tokens } = await aServer()
    const request = { ...robot, apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
    const answer = await admin.create(accounts, request as KubeObject, { subresource: 'token' })
    const { token: bearer } = answer['status'] as { token: string }
    expect(tokens.authenticator.authenticate({ bearer })).toMatchObject({ name: 'system:serviceaccount:default:robot' })
    const asked = asEve(server).create(accounts, request as KubeObject, { subresource: 'token' })
    await expect(asked).rejects.toMatchObject(forbidden)
  })

  test('obeys roles in every verb, and creates nothing under the right to patch', async () => {
    const { admin, server } = await aServer()
    const eve = asEve(server)
    const key = { name: 'a', namespace: 'default' }
    const map: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key }
    const refusals = [
      eve.get(configMaps, key),
      eve.list(configMaps),
      eve.create(configMaps, map),
      eve.update(configMaps, map),
      eve.patch(configMaps, key, { type: 'merge', patch: {} }),
      eve.apply(configMaps, map, { fieldManager: 'x' }),
      eve.delete(configMaps, key),
      eve.watch(configMaps)[Symbol.asyncIterator]().next(),
    ]
    for (const refusal of refusals) await expect(refusal).rejects.toMatchObject(forbidden)
    await grant(admin, [
      { apiGroups: ['', 'coordination.k8s.io'], resources: ['configmaps', 'leases'], verbs: ['patch', 'update'] },
    ])
    await expect(eve.apply(configMaps, map, { fieldManager: 'x' })).rejects.toThrow('cannot create')
    const lease: KubeObject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key }
    await expect(eve.update(leases, lease)).rejects.toThrow('cannot create')
    await admin.create(configMaps, map)
    expect(await eve.apply(configMaps, map, { fieldManager: 'x' })).toMatchObject({ created: false })
  })

  test('answers documents', async () => {
    const { admin } = await aServer()
    for (const path of ['/version', '/readyz', '/apis', '/openapi/v3']) {
      expect(await admin.raw({ path })).toMatchObject({ code: 200 })
    }
    expect(await admin.raw({ path: '/nothing' })).toMatchObject({ code: 404 })
  })
})

async function grant(admin: KubeApi, rules: readonly object[]): Promise<void> {
  const group = 'rbac.authorization.k8s.io'
  const role = { group, version: 'v1', plural: 'clusterroles', kind: 'ClusterRole', namespaced: false }
  const binding = { ...role, plural: 'clusterrolebindings', kind: 'ClusterRoleBinding' }
  const object = (kind: string, more: object) => ({ apiVersion: `${group}/v1`, kind, metadata: { name: 'r' }, ...more })
  await admin.create(role, object('ClusterRole', { rules }) as KubeObject)
  const subjects = [{ kind: 'User', apiGroup: group, name: 'eve' }]
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'r' }
  await admin.create(binding, object('ClusterRoleBinding', { roleRef, subjects }) as KubeObject)
}
