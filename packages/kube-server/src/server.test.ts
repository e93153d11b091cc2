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
    expect(created.metadata.generation).toBe(1)
    expect(created.spec).toMatchObject({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { spec: { containers: [{ imagePullPolicy: 'IfNotPresent' }] } },
    })
  })

  test('applies', async () => {
    const { api } = await aServer()
    const first = await api.apply(deployments, aDeployment('web'), { fieldManager: 'a' })
    const second = await api.apply(deployments, aDeployment('web'), { fieldManager: 'a' })
    expect([first.created, second.created]).toEqual([true, false])
    expect(second.object).toBe(first.object)
  })

  test('empties and removes a namespace two seconds after it was deleted', async () => {
    const { api, env } = await aServer()
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    for (const name of ['one', 'two']) {
      await api.create(configMaps, { ...aConfigMap(name), metadata: { name, namespace: 'shop' } })
    }
    const deleted = await api.delete(namespaces, { name: 'shop' })
    expect(deleted?.status).toEqual({ phase: 'Terminating' })
    await expect(
      api.create(configMaps, { ...aConfigMap('two'), metadata: { name: 'two', namespace: 'shop' } }),
    ).rejects.toThrow(
      'configmaps "two" is forbidden: unable to create new content in namespace shop because it is being terminated',
    )
    await env.advance(1000)
    await api.delete(configMaps, { name: 'two', namespace: 'shop' })
    expect(await api.get(configMaps, { name: 'one', namespace: 'shop' }), 'as upstream, for a while').toBeDefined()
    await env.advance(1000)
    await expect(api.get(namespaces, { name: 'shop' })).rejects.toThrow('namespaces "shop" not found')
    await expect(
      api.create(configMaps, { ...aConfigMap('two'), metadata: { name: 'two', namespace: 'shop' } }),
    ).rejects.toThrow('namespaces "shop" not found')
  })

  test('serves custom resources while their definition exists', async () => {
    const { api, env } = await aServer()
    await api.create(definitions, aDefinition())
    const definition = await api.get(definitions, { name: 'widgets.example.com' })
    expect(definition.status).toMatchObject({
      storedVersions: ['v1'],
      conditions: [{ type: 'NamesAccepted' }, { type: 'Established' }],
    })
    const widget = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'a', namespace: 'default' },
      spec: { size: 3, other: 1 },
    }
    const created = await api.create(widgets, widget)
    expect(created).toMatchObject({ spec: { size: 3, color: 'red' }, metadata: { generation: 1 } })
    await expect(api.create(widgets, { ...widget, spec: { size: 'x' } })).rejects.toThrow(
      'Widget.example.com "a" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    )
    await api.delete(definitions, { name: 'widgets.example.com' })
    await env.settle()
    await expect(api.get(definitions, { name: 'widgets.example.com' })).rejects.toThrow('not found')
    await expect(api.list(widgets)).rejects.toThrow('the server could not find the requested resource')
  })

  test('collects what lost its owner', async () => {
    const { api, env } = await aServer()
    const owner = await api.create(configMaps, aConfigMap('owner'))
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '' }]
    await api.create(configMaps, {
      ...aConfigMap('child'),
      metadata: { name: 'child', namespace: 'default', ownerReferences },
    })
    await env.settle()
    expect((await api.list(configMaps)).items).toHaveLength(2)
    await api.delete(configMaps, { name: 'owner', namespace: 'default' })
    await env.settle()
    expect((await api.list(configMaps)).items).toEqual([])
  })
})

const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }
const definitions = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
const widgets = { group: 'example.com', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true }

function aDefinition(): KubeObject {
  const spec = { type: 'object', properties: { size: { type: 'integer' }, color: { type: 'string', default: 'red' } } }
  const openAPIV3Schema = { type: 'object', properties: { spec } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  }
}
