// The server through its in-process KubeApi: the life of objects, on the memory store.
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { createKubeServer } from './server.ts'
import { createMemoryStore } from './store/memory-store.ts'

const admin = { name: 'admin', groups: ['system:masters'] }
const configMaps = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true }
const deployments = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true }

async function aServer() {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  return { env, server, api: server.apiAs(admin) }
}

function aConfigMap(name: string, data: Record<string, string> = { a: '1' }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data }
}

function aDeployment(name: string): KubeObject {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] } }
  const spec = { replicas: 2, selector: { matchLabels: labels }, template }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' }, spec }
}

describe('createKubeServer()', () => {
  test('creates, reads, updates, patches and deletes', async () => {
    const { api } = await aServer()
    const created = await api.create(configMaps, aConfigMap('one'))
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(await api.get(configMaps, { namespace: 'default', name: 'one' })).toBe(created)
    const updated = await api.update(configMaps, { ...created, data: { a: '2' } })
    expect(Number(updated.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion))
    const patch = { type: 'merge', patch: { data: { b: '3' } } } as const
    const patched = await api.patch(configMaps, { namespace: 'default', name: 'one' }, patch)
    expect(patched.data).toEqual({ a: '2', b: '3' })
    expect((await api.list(configMaps, { namespace: 'default' })).items).toEqual([patched])
    await api.delete(configMaps, { namespace: 'default', name: 'one' })
    await expect(api.get(configMaps, { namespace: 'default', name: 'one' })).rejects.toThrow(
      'configmaps "one" not found',
    )
  })

  test('creates a Deployment with its defaults', async () => {
    const { api } = await aServer()
    const created = await api.create(deployments, aDeployment('web'), { fieldManager: 'test' })
    expect(created.spec).toMatchObject({ revisionHistoryLimit: 10, strategy: { type: 'RollingUpdate' } })
  })

  test('applies', async () => {
    const { api } = await aServer()
    const first = await api.apply(deployments, aDeployment('web'), { fieldManager: 'a' })
    const second = await api.apply(deployments, aDeployment('web'), { fieldManager: 'a' })
    expect([first.created, second.created]).toEqual([true, false])
    expect(second.object).toBe(first.object)
  })
})
