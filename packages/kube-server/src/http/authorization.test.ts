// Whether any way of writing a request reaches what its user may not do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let api: TestServer

const all = ['*']
const secrets = '/api/v1/namespaces/shop/secrets'
const deployments = '/apis/apps/v1/namespaces/shop/deployments'

beforeAll(async () => {
  api = await startTestServer()
  for (const name of ['shop', 'other']) await api.create('/api/v1/namespaces', { metadata: { name } })
  for (const name of ['one', 'two']) await api.create(secrets, { metadata: { name }, stringData: { key: 'canary' } })
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } }
  await api.create(deployments, { metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, template } })
})

afterAll(() => api[Symbol.asyncDispose]())

/** A user of one test alone, by impersonation. */
async function aUser(name: string, apiGroups: string[], resources: string[], verbs: string[], more: object = {}) {
  await api.grant(name, [{ apiGroups, resources, verbs, ...more }], 'shop')
  return (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    api.call('admin', method, path, {
      headers: { 'impersonate-user': name, ...headers },
      ...(body === undefined ? {} : { body }),
    })
}

describe('a role in one namespace', () => {
  test.each([
    ['GET', '/api/v1/namespaces/shop/namespaces'],
    ['GET', '/api/v1/namespaces/shop/namespaces/kube-system'],
    ['DELETE', '/api/v1/namespaces/shop/namespaces/other'],
    ['DELETE', '/api/v1/namespaces/shop/namespaces'],
    ['GET', '/api/v1/namespaces/shop/nodes'],
    ['GET', '/api/v1/namespaces/shop/../other/secrets'],
    ['GET', '/api/v1/namespaces/shop%2F..%2Fother/secrets'],
    ['GET', '/api/v1/namespaces//secrets'],
    ['GET', '/api/v1/secrets?fieldSelector=metadata.namespace%3Dshop'],
    ['GET', '/api/v1/watch/secrets?timeoutSeconds=1'],
    ['GET', '/api/v1/watch/namespaces?timeoutSeconds=1'],
    ['GET', '/api/v1/namespaces/other/secrets'],
  ])('does not reach out of it by %s %s', async (method, path) => {
    const call = await aUser(`all-${method}-${path.length}`, all, all, all)
    const { code, text } = await call(method, path)
    expect([403, 404, 405]).toContain(code)
    expect(text).not.toContain('kube-system"')
    expect((await api.call('admin', 'GET', '/api/v1/namespaces/other')).text).toContain('"phase":"Active"')
  })

  test('watches its own namespace alone by the old path', async () => {
    const call = await aUser('watcher', [''], ['namespaces'], ['watch'])
    const { text } = await call('GET', '/api/v1/watch/namespaces/shop?timeoutSeconds=1')
    expect(text).toContain('"shop"')
    expect(text).not.toContain('"other"')
  })

  test('does not write into another by the body', async () => {
    const call = await aUser('writer', all, all, all)
    const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one', namespace: 'other' } }
    const applied = { 'content-type': 'application/apply-patch+yaml' }
    expect((await call('POST', secrets, object)).code).toBe(400)
    expect((await call('PUT', `${secrets}/one`, object)).code).toBe(400)
    expect((await call('PATCH', `${secrets}/one?fieldManager=x`, object, applied)).code).toBe(400)
    const merge = { 'content-type': 'application/merge-patch+json' }
    expect((await call('PATCH', `${secrets}/one`, { metadata: { namespace: 'other' } }, merge)).code).toBe(400)
    expect((await api.call('admin', 'GET', '/api/v1/namespaces/other/secrets/one')).code).toBe(404)
  })
})

describe('a role of named objects', () => {
  test('reads that one alone', async () => {
    const verbs = ['get', 'list', 'watch', 'delete', 'deletecollection', 'create']
    const call = await aUser('named', [''], ['secrets'], verbs, { resourceNames: ['one'] })
    const want = [
      { method: 'GET', path: `${secrets}/one`, code: 200 },
      { method: 'GET', path: `${secrets}/two`, code: 403 },
      { method: 'GET', path: secrets, code: 403 },
      { method: 'GET', path: `${secrets}?watch=1`, code: 403 },
      { method: 'GET', path: `${secrets}?fieldSelector=metadata.name%3Done`, code: 200 },
      { method: 'GET', path: `${secrets}?fieldSelector=metadata.name%3Done,metadata.namespace%3Dshop`, code: 403 },
      { method: 'GET', path: `${secrets}?fieldSelector=metadata.name%3Done&fieldSelector=`, code: 200 },
      { method: 'DELETE', path: secrets, code: 403 },
      { method: 'POST', path: secrets, code: 403 },
      { method: 'POST', path: `${secrets}/one`, code: 405 },
    ]
    for (const { method, path, code } of want) {
      const answer = await call(method, path, method === 'POST' ? { metadata: { name: 'new' } } : undefined)
      expect([method, path, answer.code]).toEqual([method, path, code])
      expect(answer.text).not.toContain('"two","namespace"')
    }
  })

  test('deletes nothing but it as a collection', async () => {
    const call = await aUser('sweeper', [''], ['secrets'], ['deletecollection'], { resourceNames: ['one'] })
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] }
    const { text } = await call('DELETE', `${secrets}?fieldSelector=metadata.name%3Done`, options)
    expect(text).not.toContain('"name":"two"')
  })

  test('watches that one alone by the old path', async () => {
    const call = await aUser('named-watcher', [''], ['secrets'], ['watch'], { resourceNames: ['one'] })
    const { text } = await call('GET', '/api/v1/watch/namespaces/shop/secrets/one?timeoutSeconds=1')
    expect(text).toContain('"name":"one"')
    expect(text).not.toContain('"name":"two"')
    const other = await call('GET', '/api/v1/watch/namespaces/shop/secrets/two?timeoutSeconds=1')
    expect(other.code).toBe(403)
  })
})

describe('a role to get', () => {
  test.each([
    ['GET', secrets],
    ['GET', `${secrets}?watch=true`],
    ['GET', `${secrets}?watch`],
    ['GET', `${secrets}/`],
    ['GET', `${secrets}//`],
    ['HEAD', secrets],
    ['GET', '/api/v1/watch/namespaces/shop/secrets'],
    ['GET', '/api/v1/watch/namespaces/shop/secrets/one'],
  ])('neither lists nor watches by %s %s', async (method, path) => {
    const call = await aUser(`getter-${path.length}-${method}`, [''], ['secrets'], ['get'])
    expect((await call(method, path)).code).toBe(403)
  })
})

describe('a role of a subresource', () => {
  test.each([
    ['GET', `${deployments}//status`],
    ['DELETE', `${deployments}//status`],
    ['POST', `${deployments}//status`],
    ['PATCH', `${deployments}//status`],
    ['DELETE', `${deployments}/web/status`],
    ['POST', `${deployments}/web/status`],
    ['GET', '/apis/apps/v1/watch/namespaces/shop/deployments/web/status?timeoutSeconds=1'],
    ['GET', `${deployments}/web%2Fstatus`],
    ['GET', `${deployments}%2Fstatus`],
    ['GET', `${deployments}%2Fstatus/web`],
    ['GET', `${deployments}/web/status/more`],
  ])('does not reach the object by %s %s', async (method, path) => {
    const call = await aUser(`sub-${path.length}-${method}`, ['apps'], ['deployments/status'], all)
    const answer = await call(method, path, method === 'POST' || method === 'PATCH' ? {} : undefined)
    expect([403, 404, 405, 415]).toContain(answer.code)
    expect((await api.call('admin', 'GET', `${deployments}/web`)).code).toBe(200)
  })

  test('changes nothing but the status', async () => {
    const call = await aUser('status-writer', ['apps'], ['deployments/status'], ['patch'])
    const body = { spec: { replicas: 7 }, metadata: { finalizers: ['x/y'] }, status: { replicas: 1 } }
    const headers = { 'content-type': 'application/merge-patch+json' }
    expect((await call('PATCH', `${deployments}/web/status`, body, headers)).code).toBe(200)
    const { spec } = JSON.parse((await api.call('admin', 'GET', `${deployments}/web`)).text)
    expect(spec.replicas).toBe(1)
  })

  test('does not give the object for what only streams or only creates', async () => {
    const body = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await api.create('/api/v1/namespaces/shop/pods', body)
    const subs = ['pods/exec', 'pods/log', 'pods/eviction', 'pods/binding', 'serviceaccounts/token']
    const call = await aUser('connector', [''], subs, all)
    for (const sub of subs.slice(0, 4)) {
      const { code } = await call('GET', `/api/v1/namespaces/shop/pods/p/${sub.slice(5)}`)
      expect([sub, [404, 405].includes(code)]).toEqual([sub, true])
    }
    expect((await call('GET', '/api/v1/namespaces/shop/serviceaccounts/default/token')).code).not.toBe(200)
  })
})

describe('a role to patch', () => {
  test('creates nothing by an apply', async () => {
    const call = await aUser('patcher', [''], ['configmaps', 'secrets'], ['patch', 'get'])
    const headers = { 'content-type': 'application/apply-patch+yaml' }
    const object = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } })
    const fresh = await call('PATCH', `${secrets}/fresh?fieldManager=x`, object('fresh'), headers)
    expect(JSON.parse(fresh.text).message).toContain('User "patcher" cannot create resource "secrets"')
    expect((await api.call('admin', 'GET', `${secrets}/fresh`)).code).toBe(404)
    expect((await call('PATCH', `${secrets}/one?fieldManager=x`, object('one'), headers)).code).toBe(200)
  })

  test('creates nothing by an update', async () => {
    const call = await aUser('updater', ['coordination.k8s.io'], ['leases'], ['update'])
    const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} }
    const path = '/apis/coordination.k8s.io/v1/namespaces/shop/leases/l'
    expect((await call('PUT', path, object)).code).toBe(403)
    expect((await api.call('admin', 'PUT', path, { body: object })).code).toBe(201)
    expect((await call('PUT', path, object)).text).toContain('metadata.resourceVersion')
  })
})

describe('methods', () => {
  test.each(['constructor', '__proto__', 'TRACE', 'OPTIONS', 'CONSTRUCTOR', 'WATCH'])('refuses %s', async (method) => {
    for (const path of [secrets, `${secrets}/one`, `${deployments}/web/status`]) {
      const answer = await api.call('admin', method, path)
      expect([path, answer.code]).toEqual([path, 405])
    }
  })

  test.each(['PUT', 'PATCH'])('refuses %s of a collection', async (method) => {
    expect((await api.call('admin', method, secrets, { body: {} })).code).toBe(405)
  })
})
