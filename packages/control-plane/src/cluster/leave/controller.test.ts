import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion, clusterFinalizer, hubLabel } from '@flotilla/api/group'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { configMaps, namespaces } from '@flotilla/machinery/well-known-resources'
import { startController } from '@flotilla/runtime/start-controller'
import { expect, test } from 'vitest'
import { aConfigMap } from '../../../test/test-fleet.ts'
import { startTestHub, type TestHub } from '../../../test/test-hub.ts'
import { Fences } from '../../fences.ts'
import { createLeaveController } from './controller.ts'

const key = { name: 'm1' }

async function startLeaving({ api, env }: TestHub) {
  await api.create(clusterResource, {
    apiVersion,
    kind: 'Cluster',
    metadata: { ...key, finalizers: [clusterFinalizer] },
    spec: { id: 'id-m1', mode: 'Direct' },
  } as Cluster)
  await api.delete(clusterResource, key)
  await env.advance(100)
}

test('a status that is written while a member is let go of does not keep its registration', async () => {
  await using t = await startTestHub()
  await using member = await startTestHub(2, { env: t.env })
  await startLeaving(t)
  let releases = 0
  const meddled: KubeApi = {
    ...member.api,
    async delete(resource, object, options) {
      releases++
      const status = { latencyMilliseconds: 7 }
      await t.api.patch(clusterResource, key, { type: 'merge', patch: { status } }, { subresource: 'status' })
      return member.api.delete(resource, object, options)
    },
  }
  const fences = new Fences()
  fences.set('m1', { mayWrite: () => true, end: () => Promise.resolve() })
  const controller = startController(
    t.env,
    createLeaveController({ env: t.env, hub: t.hub, fences, memberApi: () => meddled }),
  )
  await t.env.advance(2_000)
  await expect(t.api.get(clusterResource, key)).rejects.toThrow('not found')
  expect(releases).toBe(1)
  await t.env.complete(controller.stop(), { limitMs: 5_000, what: 'the end of the controller' })
})

test.each([
  { name: 'lease', errors: ['Timeout', 'Timeout'] as const },
  { name: 'access', errors: ['Timeout', 'Unauthenticated'] as const },
])('a member is let go of although the end of our $name there is not answered at first', async ({ name, errors }) => {
  await using t = await startTestHub()
  await using member = await startTestHub(2, { env: t.env })
  await startLeaving(t)
  const left = [...errors]
  const failing = async (what: string) => {
    const code = what === name ? left.shift() : undefined
    if (code) throw new FlotillaError(code, `${what} failed`)
  }
  let isEnded = false
  const fences = new Fences()
  const end = () => {
    isEnded = true
    return failing('lease')
  }
  fences.set('m1', { mayWrite: () => !isEnded, end })
  const memberApi = (): KubeApi => ({ ...member.api, delete: () => failing('access').then(() => undefined) })
  const controller = startController(t.env, createLeaveController({ env: t.env, hub: t.hub, fences, memberApi }))
  await t.env.advance(60_000)
  await expect(t.api.get(clusterResource, key)).rejects.toMatchObject({ code: 'NotFound' })
  await t.env.complete(controller.stop(), { limitMs: 5_000, what: 'the end of the controller' })
})

test('nothing more is let go of on a member whose lease was lost meanwhile', async () => {
  await using t = await startTestHub()
  await using member = await startTestHub(2, { env: t.env })
  await startLeaving(t)
  await member.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of ['a', 'b']) {
    const map = aConfigMap(name)
    await member.api.create(configMaps, { ...map, metadata: { ...map.metadata, labels: { [hubLabel]: t.hub.id } } })
  }
  let mayWrite = true
  const fences = new Fences()
  fences.set('m1', { mayWrite: () => mayWrite, end: () => Promise.resolve() })
  const memberApi = (_: string, check: () => void): KubeApi => ({
    ...member.api,
    async patch(resource, object, patch, options) {
      check()
      mayWrite = false
      return member.api.patch(resource, object, patch, options)
    },
  })
  const controller = startController(t.env, createLeaveController({ env: t.env, hub: t.hub, fences, memberApi }))
  await t.env.advance(20_000)
  const { items } = await member.api.list(configMaps, { namespace: 'shop', labelSelector: hubLabel })
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['b'])
  await t.env.complete(controller.stop(), { limitMs: 5_000, what: 'the end of the controller' })
})
