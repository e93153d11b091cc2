import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { FlotillaError } from '@flotilla/machinery/errors'
import { events, namespaces } from '@flotilla/machinery/well-known-resources'
import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { EventRecorder, type Happening } from './event-recorder.ts'
import { createVirtualEnv, type VirtualEnv } from './virtual-env.ts'

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'uid-web' }
const eu = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Cluster', name: 'eu', uid: 'uid-eu' }
const moved: Happening = { type: 'Normal', reason: 'Moved', message: 'eu 3 to us 3' }

let env: VirtualEnv
let api: KubeApi
let recorder: EventRecorder

beforeEach(async () => {
  env = createVirtualEnv({ seed: 1 })
  const server = await env.complete(createKubeServer({ env, store: createMemoryStore({ env }) }), {
    limitMs: 60_000,
    what: 'the server',
  })
  api = server.apiAs({ name: 'admin', groups: ['system:masters'] })
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  recorder = new EventRecorder({ env, api, component: 'flotilla' })
})

async function told(): Promise<readonly KubeObject[]> {
  await env.advance(1_000)
  return (await api.list(events)).items
}

describe('EventRecorder', () => {
  test('tells of an object in its namespace, of a cluster-scoped one in default', async () => {
    recorder.record(web, moved)
    recorder.record(eu, { ...moved, type: 'Warning', reason: 'Failed' })
    expect(await told()).toMatchObject([
      { metadata: { namespace: 'default' }, involvedObject: eu, type: 'Warning', reason: 'Failed', count: 1 },
      { metadata: { namespace: 'shop' }, involvedObject: web, ...moved, source: { component: 'flotilla' } },
    ])
  })

  test('counts what happens again within ten minutes, and tells it anew after them', async () => {
    for (let times = 0; times < 3; times++) {
      recorder.record(web, moved)
      await env.advance(60_000)
    }
    expect(await told()).toMatchObject([{ count: 3 }])
    await env.advance(600_000)
    recorder.record(web, moved)
    expect(new Set((await told()).map((event) => event['count']))).toEqual(new Set([1, 3]))
  })

  test('tells no more than a few a second, and goes on later', async () => {
    const flood = () => {
      for (let index = 0; index < 1_000; index++)
        recorder.record(web, { ...moved, message: `${env.clock.now()} ${index}` })
    }
    flood()
    expect(await told()).toHaveLength(50)
    await env.advance(3_000)
    flood()
    expect(await told()).toHaveLength(70)
  })

  test('cuts what is too long', async () => {
    recorder.record(web, { ...moved, message: 'x'.repeat(5_000) })
    expect((await told())[0]?.['message']).toHaveLength(1_024)
  })

  test('is silent about what the hub refuses, and never throws', async () => {
    const refuse = () => Promise.reject(new FlotillaError('Forbidden', 'no'))
    const refused = new EventRecorder({ env, api: { ...api, create: refuse, patch: refuse }, component: 'flotilla' })
    refused.record(web, moved)
    refused.record(web, moved)
    expect(await told()).toEqual([])
    expect(await env.metrics.text()).toContain('flotilla_events_dropped_total 2')
  })
})
