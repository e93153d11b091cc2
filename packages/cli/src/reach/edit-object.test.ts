import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import { configMaps, namespaces } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, it } from 'vitest'
import { editObject } from './edit-object.ts'

const key = { namespace: 'shop', name: 'settings' }

async function withSettings(run: (hub: KubeApi, settings: KubeObject) => Promise<void>): Promise<void> {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  const hub = server.apiAs({ name: 'admin', groups: ['system:masters'] })
  await hub.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: key.namespace } })
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { count: '1' } }
  await run(hub, await hub.create(configMaps, settings))
  await server.stop()
}

const countIn = (object: KubeObject) => Number(textAt(object, 'data', 'count'))

const oneMore = (object: KubeObject) => ({
  type: 'merge' as const,
  patch: {
    metadata: { resourceVersion: object.metadata.resourceVersion },
    data: { count: String(countIn(object) + 1) },
  },
})

describe('editObject()', () => {
  it('goes on from what others have written meanwhile', () =>
    withSettings(async (hub, settings) => {
      await hub.patch(configMaps, key, { type: 'merge', patch: { data: { count: '7' } } })
      expect(await editObject(hub, configMaps, settings, oneMore)).toBe(true)
      expect(countIn(await hub.get(configMaps, key))).toBe(8)
    }))

  it('writes nothing where nothing is to be changed any more', () =>
    withSettings(async (hub, settings) => {
      await hub.patch(configMaps, key, { type: 'merge', patch: { data: { count: '7' } } })
      const change = (now: KubeObject) => (countIn(now) === 7 ? undefined : oneMore(now))
      expect(await editObject(hub, configMaps, settings, change)).toBe(false)
      expect(countIn(await hub.get(configMaps, key))).toBe(7)
    }))

  it('gives up where others never rest', () =>
    withSettings(async (hub, settings) => {
      const outdated = () => oneMore({ ...settings, metadata: { ...settings.metadata, resourceVersion: '1' } })
      await expect(editObject(hub, configMaps, settings, outdated)).rejects.toMatchObject({ code: 'Conflict' })
    }))
})
