// Bindings that are placed by free room: two at once, room that comes and goes.
import { clusterResource } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import type { RunningController } from '@flotilla/runtime/controller'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decidingHalf } from '../../../test/deciding-half.ts'
import { startTestHub } from '../../../test/test-hub.ts'
import type { TestHub } from '../../../test/test-hub.ts'

let t: TestHub
let controllers: readonly RunningController[]

const apiVersion = 'flotilla.dev/v1alpha1'

beforeEach(async () => {
  t = await startTestHub()
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of ['eu', 'us']) {
    await t.api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec: { id: `id-${name}` } })
  }
  await t.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'all' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: {
        replicaScheduling: {
          replicaSchedulingType: 'Divided',
          replicaDivisionPreference: 'Weighted',
          weightPreference: { dynamicWeight: 'AvailableReplicas' },
        },
      },
    },
  })
  controllers = decidingHalf(t).map((each) => startController(t.env, each))
})
afterEach(async () => {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
  await t[Symbol.asyncDispose]()
})

/** What the inventory controller would write: room for so many pods of half a CPU. */
async function setRoom(rooms: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, pods] of Object.entries(rooms)) {
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'X',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    const apis = [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }]
    const nodeShapes = [{ free: { cpu: `${pods * 500}m`, pods: '100' }, count: 1 }]
    const patch = { status: { conditions: [ready], apis, nodeShapes } }
    const began = t.env.clock.monotonic()
    await t.api.patch(clusterResource, { name }, { type: 'merge', patch }, { subresource: 'status' })
    t.readings.note(`id-${name}`, began)
  }
}

async function place(name: string, replicas: number): Promise<void> {
  const labels = { app: name }
  const container = { name: 'c', image: 'x:1', resources: { requests: { cpu: '500m' } } }
  const spec = {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
  }
  await t.api.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'shop', name },
    spec,
  })
}

async function scale(name: string, replicas: number): Promise<void> {
  await t.api.patch(deployments, { namespace: 'shop', name }, { type: 'merge', patch: { spec: { replicas } } })
}

async function bindings(): Promise<readonly ResourceBinding[]> {
  const { items } = await t.api.list<ResourceBinding>(resourceBindingResource)
  return items
}

/** What the status controller would write once all that is decided is ready. */
async function reportReady(): Promise<void> {
  for (const { metadata, spec } of await bindings()) {
    const clusters = (spec.decision?.clusters ?? []).map(({ name, replicas = 0 }) => ({
      name,
      state: 'Applied',
      health: 'Healthy',
      replicas,
      readyReplicas: replicas,
    }))
    const patch = { status: { decisionHash: spec.decision?.forHash, clusters } }
    await t.api.patch(resourceBindingResource, metadata, { type: 'merge', patch }, { subresource: 'status' })
  }
}

/** Replicas by cluster over all bindings. */
async function placed(): Promise<Readonly<Record<string, number>>> {
  await t.env.advance(2_000)
  const totals: Record<string, number> = {}
  for (const { spec } of await bindings()) {
    for (const { name, replicas = 0 } of spec.decision?.clusters ?? []) totals[name] = (totals[name] ?? 0) + replicas
  }
  return totals
}

describe('createSchedulerController() by room', () => {
  test('does not give the same room to two bindings that are decided at once', async () => {
    await setRoom({ eu: 5, us: 3 })
    await Promise.all(['a', 'b', 'c'].map((name) => place(name, 6)))
    expect(await placed()).toEqual({ eu: 5, us: 3 })
  })

  test('does not give the same room twice to one binding while its pods start', async () => {
    await setRoom({ eu: 5, us: 3 })
    await place('a', 20)
    expect(await placed()).toEqual({ eu: 5, us: 3 })
    await t.env.advance(120_000)
    expect(await placed()).toEqual({ eu: 5, us: 3 })
  })

  test('does not place in room that is taken and has not been read again', async () => {
    await setRoom({ eu: 5, us: 3 })
    await place('a', 4)
    await placed()
    await reportReady()
    await place('b', 8)
    expect(await placed()).toEqual({ eu: 5, us: 3 })
  })

  test('moves nothing when room comes and goes, and writes nothing', async () => {
    await setRoom({ eu: 5, us: 5 })
    await place('a', 6)
    await placed()
    await reportReady()
    const [before] = await bindings()
    await setRoom({ eu: 0, us: 90 })
    await t.env.advance(300_000)
    const [after] = await bindings()
    expect(after?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion)
  })

  test('places the rest as soon as it finds room', async () => {
    await setRoom({ eu: 2, us: 1 })
    await place('a', 5)
    expect(await placed()).toEqual({ eu: 2, us: 1 })
    await reportReady()
    await setRoom({ eu: 0, us: 2 })
    await t.env.advance(120_000)
    expect(await placed()).toEqual({ eu: 2, us: 3 })
  })

  test('follows the labels of clusters', async () => {
    const relabel = (name: string, env: string | null) =>
      t.api.patch(clusterResource, { name }, { type: 'merge', patch: { metadata: { labels: { env } } } })
    const clusterAffinity = { labelSelector: { matchLabels: { env: 'prod' } } }
    const patch = { spec: { placement: { clusterAffinity } } }
    await t.api.patch(propagationPolicyResource, { namespace: 'shop', name: 'all' }, { type: 'merge', patch })
    await setRoom({ eu: 5, us: 5 })
    await relabel('eu', 'prod')
    await place('a', 4)
    expect(await placed()).toEqual({ eu: 4 })
    await reportReady()
    await relabel('us', 'prod')
    await relabel('eu', null)
    expect(await placed()).toEqual({ eu: 0, us: 4 })
    await reportReady()
    expect(await placed()).toEqual({ us: 4 })
  })

  test('scales up where there is room and leaves alone what is there', async () => {
    await setRoom({ eu: 4, us: 2 })
    await place('a', 6)
    await placed()
    await reportReady()
    await setRoom({ eu: 0, us: 3 })
    await t.env.advance(120_000)
    await scale('a', 9)
    expect(await placed()).toEqual({ eu: 4, us: 5 })
  })
})
