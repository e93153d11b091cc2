import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion, clusterFinalizer } from '@flotilla/api/group'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { startController } from '@flotilla/runtime/start-controller'
import { expect, test } from 'vitest'
import { startTestHub } from '../../../test/test-hub.ts'
import { Fences } from '../../fences.ts'
import { createLeaveController } from './controller.ts'

test('a status that is written while a member is let go of does not keep its registration', async () => {
  await using t = await startTestHub()
  await using member = await startTestHub(2, { env: t.env })
  const key = { name: 'm1' }
  await t.api.create(clusterResource, {
    apiVersion,
    kind: 'Cluster',
    metadata: { ...key, finalizers: [clusterFinalizer] },
    spec: { id: 'id-m1', mode: 'Direct' },
  } as Cluster)
  await t.api.delete(clusterResource, key)
  await t.env.advance(100)
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
