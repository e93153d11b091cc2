import { isError } from '@flotilla/machinery/errors'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'

const claims: Resource = core('PersistentVolumeClaim', 'persistentvolumeclaims', true)
const volumes: Resource = core('PersistentVolume', 'persistentvolumes', false)
const data: ObjectKey = { name: 'data', namespace: 'default' }

function core(kind: string, plural: string, namespaced: boolean): Resource {
  return { group: '', version: 'v1', plural, kind, namespaced }
}

async function aServer(store = createMemoryStore({ env: createVirtualEnv({ seed: 1 }) })) {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store })
  const api = server.apiAs({ name: 'admin', groups: ['system:masters'] })
  return {
    env,
    server,
    store,
    api,
    async has(resource: Resource, key: ObjectKey): Promise<boolean> {
      await env.settle()
      return api.get(resource, key).then(
        () => true,
        (error: unknown) => {
          if (!isError(error, 'NotFound')) throw error
          return false
        },
      )
    },
  }
}

function aClaim(more: object = {}): KubeObject {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...more }
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: data, spec }
}

function aVolume(): KubeObject {
  const spec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } }
  return { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'disk' }, spec }
}

function aPod(name: string, nodeName?: string): KubeObject {
  const containers = [{ name: 'main', image: 'web:1' }]
  const used = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  const spec = { containers, volumes: used, ...(nodeName === undefined ? {} : { nodeName }) }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec }
}

describe('a claim that is deleted', () => {
  test('is created with its finalizer, named once, and goes at once when nobody uses it', async () => {
    const { api, has } = await aServer()
    const finalizers = ['kubernetes.io/pvc-protection']
    const created = await api.create(claims, { ...aClaim(), metadata: { ...data, finalizers } })
    expect(created.metadata.finalizers).toEqual(finalizers)
    const deleted = await api.delete(claims, data)
    expect(deleted?.metadata.finalizers).toEqual(finalizers)
    expect(await has(claims, data)).toBe(false)
  })

  test('waits until the last pod on a node that uses it is gone', async () => {
    const { api, env, has } = await aServer()
    await api.create(claims, aClaim())
    for (const pod of [aPod('one', 'n1'), aPod('two', 'n2'), aPod('waiting')]) await api.create(pods, pod)
    await env.settle()
    await api.delete(claims, data)
    expect(await has(claims, data)).toBe(true)
    await api.delete(pods, { name: 'one', namespace: 'default' }, { gracePeriodSeconds: 0 })
    expect(await has(claims, data), 'pod two still uses it').toBe(true)
    await api.delete(pods, { name: 'two', namespace: 'default' })
    expect(await has(claims, data), 'pod two still has its grace').toBe(true)
    await api.delete(pods, { name: 'two', namespace: 'default' }, { gracePeriodSeconds: 0 })
    expect(await has(claims, data), 'the pod that waits for a node does not count').toBe(false)
  })

  test('waits for others who hold it', async () => {
    const { api, has } = await aServer()
    await api.create(claims, { ...aClaim(), metadata: { ...data, finalizers: ['example.com/backup'] } })
    await api.delete(claims, data)
    expect(await has(claims, data)).toBe(true)
    expect((await api.get(claims, data)).metadata.finalizers).toEqual(['example.com/backup'])
  })

  test('that was made for a pod goes with the end of that pod, though the pod is held', async () => {
    const { api, env, has } = await aServer()
    const template = { spec: aClaim().spec }
    const spec = { containers: [{ name: 'main', image: 'web:1' }], nodeName: 'n1' }
    const pod = await api.create<KubeObject>(pods, {
      ...aPod('own'),
      metadata: { name: 'own', namespace: 'default', finalizers: ['example.com/hold'] },
      spec: { ...spec, volumes: [{ name: 'disk', ephemeral: { volumeClaimTemplate: template } }] },
    })
    const key = { name: 'own-disk', namespace: 'default' }
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'own', uid: pod.metadata.uid ?? '', controller: true }
    await api.create(claims, { ...aClaim(), metadata: { ...key, ownerReferences: [owner] } })
    await env.settle()
    await api.delete(claims, key)
    expect(await has(claims, key)).toBe(true)
    await api.delete(pods, pod.metadata, { gracePeriodSeconds: 0 })
    expect(await has(pods, pod.metadata)).toBe(true)
    expect(await has(claims, key)).toBe(false)
  })

  test('goes with its namespace, and after a restart of the server', async () => {
    const first = await aServer()
    await first.api.create(claims, aClaim())
    await first.api.create(pods, aPod('one', 'n1'))
    await first.api.delete(claims, data)
    await first.server.stop()
    const second = await aServer(first.store)
    expect(await second.has(claims, data)).toBe(true)
    await second.api.delete(pods, { name: 'one', namespace: 'default' }, { gracePeriodSeconds: 0 })
    expect(await second.has(claims, data)).toBe(false)
    await second.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await second.api.create(claims, { ...aClaim(), metadata: { name: 'data', namespace: 'shop' } })
    await second.api.delete(namespaces, { name: 'shop' })
    await second.env.advance(10_000)
    expect(await second.has(namespaces, { name: 'shop' })).toBe(false)
  })
})

describe('a volume that is deleted', () => {
  const bound = { claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', ...data } }

  async function aBoundVolume() {
    const made = await aServer()
    await made.api.create(volumes, { ...aVolume(), spec: { ...(aVolume().spec as object), ...bound } })
    const patch = { type: 'merge', patch: { status: { phase: 'Bound' } } } as const
    await made.api.patch(volumes, { name: 'disk' }, patch, { subresource: 'status' })
    return made
  }

  test('goes at once when it is not bound', async () => {
    const { api, has } = await aServer()
    const created = await api.create(volumes, aVolume())
    expect(created.metadata.finalizers).toEqual(['kubernetes.io/pv-protection'])
    await api.delete(volumes, { name: 'disk' })
    expect(await has(volumes, { name: 'disk' })).toBe(false)
  })

  test('waits for its claim', async () => {
    const { api, has } = await aBoundVolume()
    await api.create(claims, aClaim({ volumeName: 'disk' }))
    await api.delete(volumes, { name: 'disk' })
    expect(await has(volumes, { name: 'disk' })).toBe(true)
    await api.delete(claims, data)
    expect(await has(volumes, { name: 'disk' })).toBe(false)
  })

  test('does not wait for a claim that is not there', async () => {
    const { api, has } = await aBoundVolume()
    await api.delete(volumes, { name: 'disk' })
    expect(await has(volumes, { name: 'disk' })).toBe(false)
  })
})
