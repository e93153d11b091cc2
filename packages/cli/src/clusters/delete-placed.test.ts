import { hubLabel, systemNamespace } from '@flotilla/api/group'
import { createHubLease } from '@flotilla/control-plane/cluster/health/hub-lease'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps, namespaces } from '@flotilla/machinery/well-known-resources'
import { documents } from '@flotilla/kube-server/discovery/serve'
import { createKubeServer, type KubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deletePlaced } from './delete-placed.ts'

const env = createVirtualEnv({ seed: 1 })
let server: KubeServer
let api: KubeApi

beforeEach(async () => {
  server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  server.setDocuments((path, accept) => {
    const found = documents(server.catalog, path, accept)
    return found && { code: found.code, contentType: found.contentType, body: JSON.parse(found.text) as unknown }
  })
  api = server.apiAs({ name: 'admin', groups: ['system:masters'] })
  for (const name of ['shop', systemNamespace]) {
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  for (const [name, hub] of Object.entries({ a: 'us', b: 'us', c: 'another' })) {
    const metadata = { namespace: 'shop', name, labels: { [hubLabel]: hub } }
    await api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
  }
})
afterEach(() => server.stop())

const left = async () =>
  (await api.list(configMaps, { namespace: 'shop', labelSelector: hubLabel })).items.map(
    ({ metadata }) => metadata.name,
  )

const nothing = () => {}

/** `meddle` comes between our reading of an object and our first deletion of it. */
function meddled(meddle: (object: KubeObject) => object): KubeApi {
  const seen = new Set<string>()
  return {
    ...api,
    async delete(resource, key, options) {
      if (!seen.has(key.name)) {
        seen.add(key.name)
        await api.patch(resource, key, { type: 'merge', patch: { ...meddle(await api.get(resource, key)) } })
      }
      return api.delete(resource, key, options)
    },
  }
}

describe('deletePlaced()', () => {
  it('deletes what carries our label, and says each', async () => {
    const said: string[] = []
    expect(await deletePlaced(api, 'us', (what) => said.push(what))).toBe(2)
    expect(said).toEqual(['configmaps/shop/a', 'configmaps/shop/b'])
    expect(await left()).toEqual(['c'])
  })

  it('deletes what has changed since it was read and is still ours', async () => {
    expect(
      await deletePlaced(
        meddled(() => ({ data: { a: '1' } })),
        'us',
        nothing,
      ),
    ).toBe(2)
    expect(await left()).toEqual(['c'])
  })

  it('leaves what somebody took our label off since it was read', async () => {
    const hand = (to: string) => meddled(() => ({ metadata: { labels: { [hubLabel]: to } } }))
    expect(await deletePlaced(hand('another'), 'us', nothing)).toBe(0)
    expect(await left()).toEqual(['a', 'b', 'c'])
  })

  it('refuses a cluster that another hub manages by now', async () => {
    await createHubLease(env, api, { hubId: 'another', generation: 1, holder: 'them' }).renew()
    await expect(deletePlaced(api, 'us', nothing)).rejects.toThrow('hub another manages the cluster')
    expect(await left()).toEqual(['a', 'b', 'c'])
  })
})
