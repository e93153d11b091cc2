import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { KubeObject } from '@flotilla/machinery/object'
import { namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { createStatusWriter } from './status-writer.ts'
import { createVirtualEnv } from './virtual-env.ts'

async function aScene() {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  const api = server.apiAs({ name: 'test', groups: ['system:masters'] })
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'x' }] },
  }
  const writer = createStatusWriter({ api, resource: pods, fieldManager: 'test' })
  return { api, writer, pod: await api.create(pods, pod) }
}

describe('StatusWriter.write()', () => {
  test('writes what changed, drops what is gone, and nothing else', async () => {
    const { writer, pod } = await aScene()
    const first = await writer.write(pod, { phase: 'Running', podIP: '10.0.0.1', message: 'up' })
    expect(first['status']).toMatchObject({ phase: 'Running', podIP: '10.0.0.1', message: 'up' })
    const second = await writer.write(first, { phase: 'Running', podIP: '10.0.0.1' })
    expect((second['status'] as Record<string, unknown>)['message']).toBeUndefined()
    expect(second['spec']).toEqual(pod['spec'])
  })

  test('writes nothing when nothing changed', async () => {
    const { writer, pod } = await aScene()
    const written = await writer.write(pod, { phase: 'Running' })
    expect(await writer.write(written, { ...(written['status'] as object) })).toBe(written)
  })

  test('throws Conflict for an object that is not the newest', async () => {
    const { writer, pod } = await aScene()
    await writer.write(pod, { phase: 'Running' })
    await expect(writer.write(pod, { phase: 'Failed' })).rejects.toMatchObject({ code: 'Conflict' })
  })

  test('writes nothing to an object that has gone', async () => {
    const { api, writer, pod } = await aScene()
    await api.delete(pods, pod.metadata, { gracePeriodSeconds: 0 })
    expect(await writer.write(pod, { phase: 'Running' })).toBe(pod)
    const unserved = createStatusWriter({
      api,
      resource: { ...pods, plural: 'toys', kind: 'Toy' },
      fieldManager: 'test',
    })
    await expect(unserved.write(pod, { phase: 'Running' })).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('writes cluster-scoped objects too', async () => {
    const { api } = await aScene()
    const writer = createStatusWriter({ api, resource: namespaces, fieldManager: 'test' })
    const namespace = await api.get(namespaces, { name: 'default' })
    const written = await writer.write(namespace, { phase: 'Terminating' })
    expect(written['status']).toEqual({ phase: 'Terminating' })
  })
})
