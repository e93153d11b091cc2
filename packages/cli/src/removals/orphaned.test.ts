// What flotilla prune finds and deletes: a hub and a member, each an API server in memory.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion, hubLabel } from '@flotilla/api/group'
import { type BindingSpec, resourceBindingResource } from '@flotilla/api/resource-binding'
import { documents } from '@flotilla/kube-server/discovery/serve'
import { createKubeServer, type KubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { crds } from '@flotilla/api/crds'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps, customResourceDefinitions, namespaces } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findOrphaned, removeOrphaned, titleOf, type Choice, type Place } from './orphaned.ts'

const env = createVirtualEnv({ seed: 1 })
let servers: readonly KubeServer[]
let hub: KubeApi
let member: KubeApi
let place: Place

beforeEach(async () => {
  servers = await Promise.all([
    createKubeServer({ env, store: createMemoryStore({ env }) }),
    createKubeServer({ env, store: createMemoryStore({ env }) }),
  ])
  const [one, other] = servers.map((server) => {
    server.setDocuments((path, accept) => {
      const found = documents(server.catalog, path, accept)
      return found && { code: found.code, contentType: found.contentType, body: JSON.parse(found.text) as unknown }
    })
    return server.apiAs({ name: 'admin', groups: ['system:masters'] })
  })
  hub = one as KubeApi
  member = other as KubeApi
  for (const crd of crds) await hub.create(customResourceDefinitions, crd as KubeObject)
  for (const api of [hub, member]) {
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  }
  for (const name of ['claimed', 'going', 'stray']) await put(name, 'us')
  await put('theirs', 'another')
  await claim('claimed', { decided: true })
  await claim('going', { decided: false })
  const metadata = { name: 'left', labels: { [hubLabel]: 'us' } }
  await member.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata })
  const cluster = { apiVersion, kind: 'Cluster', metadata: { name: 'eu' }, spec: { id: 'id-eu', mode: 'Direct' } }
  place = {
    hub,
    hubId: 'us',
    api: member,
    cluster: reporting((await hub.create(clusterResource, cluster)) as Cluster, 9),
  }
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()))
})

const put = (name: string, hubId: string) =>
  member.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'shop', name, labels: { [hubLabel]: hubId } },
  })

function reporting(cluster: Cluster, count: number): Cluster {
  return { ...cluster, status: { ...cluster.status, orphans: { count, oldest: [] } } }
}

/** Placed on the cluster, or on its way from there. */
async function claim(name: string, { decided }: { readonly decided: boolean }): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name }
  const explanation = { trigger: 'Test', inputHash: 'x', feasible: 1, rejected: {}, clusters: [] }
  const clusters = decided ? [{ name: 'eu', id: 'id-eu' }] : []
  const removal = {
    cluster: 'eu',
    id: 'id-eu',
    object,
    templateUID: name,
    reason: 'Test',
    since: '2026-01-01T00:00:00Z',
  }
  const spec: BindingSpec = {
    workloads: [{ ref: { ...object, uid: name }, components: [] }],
    decision: { forHash: 'h', clusters, explanation },
    removals: decided ? [] : [removal],
  }
  const metadata = { namespace: 'shop', name }
  await hub.create(resourceBindingResource, { apiVersion, kind: 'ResourceBinding', metadata, spec } as KubeObject)
}

const found = async (choice: Choice = {}) => (await findOrphaned(place, choice)).map(titleOf)

const theStray = async () => {
  const [stray] = await findOrphaned(place, {})
  if (!stray) throw new Error('nothing is orphaned')
  return stray
}

describe('findOrphaned()', () => {
  it('finds what carries our label and nothing claims or removes, but no namespaces', async () => {
    expect(await found()).toEqual(['ConfigMap shop/stray'])
    expect(await found({ namespace: 'shop' })).toEqual(['ConfigMap shop/stray'])
    expect(await found({ namespace: 'other' })).toEqual([])
    expect(await found({ selector: 'app=web' })).toEqual([])
  })

  it('finds namespaces only when they are named, and none that the hub has', async () => {
    await member.patch(
      namespaces,
      { name: 'shop' },
      { type: 'merge', patch: { metadata: { labels: { [hubLabel]: 'us' } } } },
    )
    expect(await found({ kinds: [namespaces] })).toEqual(['Namespace left'])
    expect(await found({ kinds: [configMaps] })).toEqual(['ConfigMap shop/stray'])
  })

  it('tells what the hub has not reported yet', async () => {
    expect((await theStray()).isReported).toBe(true)
    place = { ...place, cluster: reporting(place.cluster, 0) }
    expect((await theStray()).isReported).toBe(false)
  })
})

describe('removeOrphaned()', () => {
  const names = async () =>
    (await member.list(configMaps, { namespace: 'shop', labelSelector: hubLabel })).items.map(
      ({ metadata }) => metadata.name,
    )

  it('deletes just that', async () => {
    expect(await removeOrphaned(place, await theStray())).toBeUndefined()
    expect(await names()).toEqual(['claimed', 'going', 'theirs'])
  })

  const key = { namespace: 'shop', name: 'stray' }
  it.each([
    { what: 'it is claimed again', meddle: () => claim('stray', { decided: true }) },
    {
      what: 'it is another by now',
      meddle: async () => {
        await member.delete(configMaps, key)
        await put('stray', 'us')
      },
    },
    {
      what: 'it is another by now',
      meddle: async () => {
        const patch = { metadata: { labels: { [hubLabel]: null } } }
        await member.patch(configMaps, key, { type: 'merge', patch })
      },
    },
  ])('leaves it when $what', async ({ what, meddle }) => {
    const stray = await theStray()
    await meddle()
    expect(await removeOrphaned(place, stray)).toBe(what)
    expect(await member.get(configMaps, key)).toBeDefined()
  })

  it('leaves what changes while it is deleted', async () => {
    const stray = await theStray()
    const meddled: KubeApi = {
      ...member,
      async delete(resource, one, options) {
        await member.patch(configMaps, key, { type: 'merge', patch: { data: { a: '1' } } })
        return member.delete(resource, one, options)
      },
    }
    expect(await removeOrphaned({ ...place, api: meddled }, stray)).toBe('it has just changed')
    expect(await member.get(configMaps, key)).toBeDefined()
  })
})
