// What is known of a cluster holds for that cluster, not for the next one that takes its name.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { jobs } from '@flotilla/machinery/well-known-resources'
import { expect, test } from 'vitest'
import { startFleet, type TestMember } from '../../test/test-fleet.ts'

const once = { namespace: 'shop', name: 'once' }
const job: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: once,
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } } },
}
const share = { replicas: 1, completions: 1 }

test('a Job that finished on a cluster runs on another that took its name', async () => {
  await using t = await startFleet()
  const m1 = t.byName['m1'] as TestMember
  // Elsewhere it is not finished: so the Job as a whole is not.
  t.fences.set('m2', { mayWrite: () => false, end: () => Promise.resolve() })
  const template = await t.place(job, jobs, { m1: share, m2: share })
  const status = { conditions: [{ type: 'Complete', status: 'True' }] }
  await m1.api.patch(jobs, once, { type: 'merge', patch: { status } }, { subresource: 'status' })
  await t.settle()
  expect((await t.binding(template)).status?.clusters?.[0]).toMatchObject({ id: 'id-m1', health: 'Healthy' })
  m1.lies.hides = ({ plural }) => plural === 'jobs'
  await m1.api.delete(jobs, once)
  await t.settle()
  m1.lies.hides = undefined
  await t.api.delete(clusterResource, { name: 'm1' })
  const spec = { id: 'id-new', mode: 'Direct', region: 'r' }
  await t.api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name: 'm1' }, spec } as Cluster)
  await t.decide(template, { m1: { id: 'id-new', ...share }, m2: share })
  await t.env.advance(60_000)
  expect(await m1.get(jobs, 'once')).toBeDefined()
})
