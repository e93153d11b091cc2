import { clusterResource } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import type { RunningController } from '@flotilla/runtime/controller'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestHub } from '../../../test/test-hub.ts'
import type { TestHub } from '../../../test/test-hub.ts'
import { aWeightedPolicy } from '../../../test/weighted-policy.ts'
import { createPolicyController } from '../../policy/controller.ts'
import { createSchedulerController } from './controller.ts'

let t: TestHub
let controllers: readonly RunningController[]

beforeEach(async () => {
  t = await startTestHub()
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of ['eu', 'us', 'ap']) await addCluster(name)
  controllers = [createPolicyController(t), createSchedulerController(t)].map((each) => startController(t.env, each))
})
afterEach(async () => {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
  await t[Symbol.asyncDispose]()
})

const apiVersion = 'flotilla.dev/v1alpha1'
const webKey = { namespace: 'shop', name: 'web' }
const apps = [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }]

async function addCluster(name: string, id = `id-${name}`): Promise<void> {
  await t.api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec: { id } })
  await setReady(name, 'True')
}

async function setReady(name: string, status: 'True' | 'False'): Promise<void> {
  const ready = { type: 'Ready', status, reason: 'X', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
  const patch = { status: { conditions: [ready], apis: apps } }
  await t.api.patch(clusterResource, { name }, { type: 'merge', patch }, { subresource: 'status' })
}

async function place(replicas: number, weights: Readonly<Record<string, number>>): Promise<void> {
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x:1' }] } }
  const spec = { replicas, selector: { matchLabels: labels }, template }
  await t.api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: webKey, spec })
  await t.api.create(propagationPolicyResource, aWeightedPolicy(weights))
}

async function reweigh(weights: Readonly<Record<string, number>>): Promise<void> {
  const policy = await t.api.get(propagationPolicyResource, webKey)
  await t.api.update(propagationPolicyResource, { ...policy, spec: aWeightedPolicy(weights)['spec'] })
}

async function theBinding(afterMs = 2_000): Promise<ResourceBinding> {
  await t.env.advance(afterMs)
  const { items } = await t.api.list<ResourceBinding>(resourceBindingResource)
  if (!items[0]) throw new Error('there is no binding')
  return items[0]
}

/** `name: from→replicas` of each cluster of the decision. */
const shares = ({ spec }: ResourceBinding) =>
  (spec.decision?.clusters ?? [])
    .map(({ name, replicas, from }) => `${name}: ${from === undefined ? '' : `${from}→`}${replicas}`)
    .sort()

/** What the status controller would write once every cluster holds its share. */
async function reportReady(binding: ResourceBinding): Promise<void> {
  const { decision } = binding.spec
  const clusters = (decision?.clusters ?? []).map(({ name, replicas = 0 }) => ({
    name,
    state: 'Applied',
    replicas,
    readyReplicas: replicas,
    health: 'Healthy',
  }))
  const patch = { status: { decisionHash: decision?.forHash, clusters } }
  await t.api.patch(resourceBindingResource, binding.metadata, { type: 'merge', patch }, { subresource: 'status' })
}

describe('createSchedulerController()', () => {
  test('divides by weight, carries identities and explains', async () => {
    await place(12, { eu: 3, us: 2, ap: 1 })
    const binding = await theBinding()
    expect(shares(binding)).toEqual(['ap: 2', 'eu: 6', 'us: 4'])
    expect(binding.spec.decision?.clusters.map(({ id }) => id).sort()).toEqual(['id-ap', 'id-eu', 'id-us'])
    expect(binding.spec.decision?.explanation).toMatchObject({ trigger: 'New', feasible: 3 })
  })

  test('keeps what shrinks until what grows has been seen ready, then ends the move', async () => {
    await place(12, { eu: 3, us: 2, ap: 1 })
    await reportReady(await theBinding())
    await reweigh({ eu: 1, us: 2, ap: 3 })
    const moving = await theBinding()
    expect(shares(moving)).toEqual(['ap: 2→6', 'eu: 6→2', 'us: 4'])
    await reportReady(moving)
    expect(shares(await theBinding())).toEqual(['ap: 6', 'eu: 2', 'us: 4'])
  })

  test('has growth that was just seen ready count as held in the decision that follows', async () => {
    await place(6, { eu: 1, us: 1 })
    await reportReady(await theBinding())
    await reweigh({ eu: 1, us: 2 })
    await reportReady(await theBinding(100))
    await reweigh({ eu: 1, ap: 2 })
    expect(shares(await theBinding())).toEqual(['ap: 0→4', 'eu: 2', 'us: 4→0'])
  })

  test('keeps a cluster that is dropped until growth is ready, then records removals in the same write', async () => {
    await place(6, { eu: 1, us: 1 })
    await reportReady(await theBinding())
    await reweigh({ us: 1 })
    const moving = await theBinding()
    expect(shares(moving)).toEqual(['eu: 3→0', 'us: 3→6'])
    expect(moving.spec.removals ?? []).toEqual([])
    await reportReady(moving)
    const { spec, ...rest } = await theBinding()
    expect(shares({ ...rest, spec } as ResourceBinding)).toEqual(['us: 6'])
    expect(spec.removals).toMatchObject([{ cluster: 'eu', id: 'id-eu', object: { kind: 'Deployment', name: 'web' } }])
  })

  test('takes a removal back when the cluster is wanted again', async () => {
    await place(6, { eu: 1, us: 1 })
    await reportReady(await theBinding())
    await reweigh({ us: 1 })
    await reportReady(await theBinding())
    expect((await theBinding()).spec.removals).toHaveLength(1)
    await reweigh({ eu: 1, us: 1 })
    expect((await theBinding()).spec.removals ?? []).toEqual([])
  })

  test('moves nothing off a cluster that is not Ready', async () => {
    await place(6, { eu: 1, us: 1 })
    await reportReady(await theBinding())
    const before = await theBinding()
    await setReady('eu', 'False')
    const after = await theBinding()
    expect([after.metadata.resourceVersion, shares(after)]).toEqual([before.metadata.resourceVersion, shares(before)])
  })

  test('records no removal on a cluster that has been taken off the hub', async () => {
    await place(6, { eu: 1, us: 1 })
    await reportReady(await theBinding())
    await t.api.delete(clusterResource, { name: 'eu' })
    const binding = await theBinding()
    expect(binding.spec.decision?.clusters.find(({ name }) => name === 'us')?.replicas).toBe(6)
    expect(binding.spec.removals ?? []).toEqual([])
  })

  test('lets a name that is used again inherit nothing', async () => {
    await place(6, { eu: 1, us: 1 })
    await reportReady(await theBinding())
    await t.api.delete(clusterResource, { name: 'eu' })
    await reportReady(await theBinding())
    await addCluster('eu', 'id-other')
    const binding = await theBinding()
    expect(binding.spec.decision?.clusters.map(({ id }) => id).sort()).toEqual(['id-other', 'id-us'])
    expect(binding.spec.removals ?? []).toEqual([])
  })

  test('decides again when a cluster is labelled or joins', async () => {
    await place(6, { eu: 1, us: 1, new: 1 })
    expect(shares(await theBinding())).toEqual(['eu: 3', 'us: 3'])
    await addCluster('new')
    const binding = await theBinding()
    expect(binding.spec.decision?.clusters.find(({ name }) => name === 'new')?.replicas).toBe(2)
  })
})
