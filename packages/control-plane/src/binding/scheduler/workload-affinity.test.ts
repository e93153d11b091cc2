// Workloads that must be beside each other, or must not: as they come, go and change, and two at once.
import { clusterResource } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import type { WorkloadAffinity } from '@flotilla/api/workload-affinity'
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
  for (const name of ['ap', 'eu', 'us']) await addCluster(name)
  start()
})
afterEach(async () => {
  await stop()
  await t[Symbol.asyncDispose]()
})

function start(): void {
  controllers = decidingHalf(t).map((each) => startController(t.env, each))
}

async function stop(): Promise<void> {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
}

async function addCluster(name: string): Promise<void> {
  await t.api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec: { id: `id-${name}` } })
  const ready = { type: 'Ready', status: 'True', reason: 'X', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
  const nodeShapes = [{ free: { cpu: '100', pods: '100' }, count: 1 }]
  const apis = [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }]
  const patch = { status: { conditions: [ready], apis, nodeShapes } }
  await t.api.patch(clusterResource, { name }, { type: 'merge', patch }, { subresource: 'status' })
}

/** Everything of a workload on one cluster, under rules; `on`: only there. */
async function setPolicy(name: string, workloadAffinity: WorkloadAffinity | undefined, on?: string): Promise<void> {
  const spec = {
    resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name }],
    placement: {
      replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
      ...(workloadAffinity && { workloadAffinity }),
      ...(on === undefined ? {} : { clusterAffinity: { clusterNames: [on] } }),
    },
  }
  const metadata = { namespace: 'shop', name }
  const policy = { apiVersion, kind: 'PropagationPolicy', metadata, spec }
  await t.api.delete(propagationPolicyResource, metadata).catch(() => undefined)
  await t.api.create(propagationPolicyResource, policy)
}

async function create(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } }
  const spec = { replicas: 2, selector: { matchLabels: { app: name } }, template }
  const metadata = { namespace: 'shop', name, labels: { app: name, ...labels } }
  await t.api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec })
}

async function binding(name: string): Promise<ResourceBinding | undefined> {
  const { items } = await t.api.list<ResourceBinding>(resourceBindingResource)
  return items.find(({ spec }) => spec.workloads[0]?.ref.name === name)
}

/** Clusters of the workload, or why it has none. */
async function where(name: string): Promise<string> {
  await t.env.advance(3_000)
  const { clusters = [], shortfall } = (await binding(name))?.spec.decision ?? {}
  const names = clusters.filter(({ replicas }) => replicas !== 0).map((cluster) => cluster.name)
  return names.length > 0 ? names.join() : (shortfall?.message ?? 'nowhere')
}

async function whereAll(names: readonly string[]): Promise<readonly string[]> {
  const places: string[] = []
  for (const name of names) places.push(await where(name))
  return places
}

/** Copies that are to go are confirmed gone, as delivery would once they are. */
async function confirmRemovals(name: string): Promise<void> {
  await t.env.advance(3_000)
  const { metadata, spec } = (await binding(name)) ?? {}
  if (metadata === undefined) throw new Error(`${name} has no binding`)
  expect(spec?.removals).not.toEqual([])
  await t.api.patch(resourceBindingResource, metadata, { type: 'merge', patch: { spec: { removals: [] } } })
}

const toApp = (app: string) => ({ labelSelector: { matchLabels: { app } } })
const apart: WorkloadAffinity = { antiAffinity: { groupByLabelKey: 'ha' } }
const together: WorkloadAffinity = { affinity: { groupByLabelKey: 'stack' } }

describe('antiAffinity', () => {
  test('keeps workloads of a group apart that are decided at once, and says who is in the way', async () => {
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await setPolicy(name, apart)
    await Promise.all(names.map((name) => create(name, { ha: 'db' })))
    const places = await whereAll(names)
    const placed = places.filter((place) => ['ap', 'eu', 'us'].includes(place))
    expect(placed.sort()).toEqual(['ap', 'eu', 'us'])
    expect(places.find((place) => !placed.includes(place))).toMatch(
      /none of 3 clusters fits \(WorkloadAntiAffinity 3\): ap: antiAffinity to ha=db: Deployment [abcd] is on ap/,
    )
  })

  test('lets who waits in as soon as the other is confirmed gone', async () => {
    await setPolicy('a', apart, 'eu')
    await create('a', { ha: 'db' })
    expect(await where('a')).toBe('eu')
    await setPolicy('b', apart, 'eu')
    await create('b', { ha: 'db' })
    expect(await where('b')).toContain('Deployment a is on eu')
    await setPolicy('a', apart, 'us')
    await t.env.advance(3_000)
    await reportReady('a')
    expect(await where('a')).toBe('us')
    expect(await where('b')).toContain('Deployment a is on eu')
    await confirmRemovals('a')
    expect(await where('b')).toBe('eu')
  })

  test('keeps a newcomer out that has no rule itself, and lets it in when the rule goes', async () => {
    await setPolicy('db', { antiAffinity: toApp('web') }, 'eu')
    await create('db', {})
    expect(await where('db')).toBe('eu')
    await setPolicy('web', undefined, 'eu')
    await create('web', {})
    expect(await where('web')).toContain('eu: antiAffinity of others to app=web: Deployment db is on eu')
    await setPolicy('db', undefined, 'eu')
    expect(await where('web')).toBe('eu')
  })

  test('takes nothing away that labels have put in breach, says so, and takes it back', async () => {
    await setPolicy('a', apart, 'eu')
    await create('a', { ha: 'db' })
    await setPolicy('b', apart, 'eu')
    await create('b', { ha: 'queue' })
    expect(await whereAll(['a', 'b'])).toEqual(['eu', 'eu'])
    await label('b', 'db')
    expect(await whereAll(['a', 'b'])).toEqual(['eu', 'eu'])
    for (const [name, other] of [['a', 'b'] as const, ['b', 'a'] as const]) {
      expect((await binding(name))?.spec.decision?.shortfall).toMatchObject({
        reason: 'AntiAffinityViolated',
        message: `eu still has 2: antiAffinity to ha=db: Deployment ${other} is on eu`,
      })
    }
    await label('b', 'queue')
    await t.env.advance(3_000)
    expect((await binding('a'))?.spec.decision?.shortfall).toBeUndefined()
  })

  test('holds after a restart', async () => {
    await setPolicy('a', apart, 'eu')
    await create('a', { ha: 'db' })
    expect(await where('a')).toBe('eu')
    await stop()
    await setPolicy('b', apart, 'eu')
    await create('b', { ha: 'db' })
    start()
    expect(await where('b')).toContain('Deployment a is on eu')
  })
})

describe('affinity', () => {
  test('places a group where its first member went', async () => {
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await setPolicy(name, together)
    await Promise.all(names.map((name) => create(name, { stack: 'shop' })))
    const places = new Set(await whereAll(names))
    expect([...places].filter((place) => ['ap', 'eu', 'us'].includes(place))).toEqual([...places])
    expect(places.size).toBe(1)
  })

  test('waits for the other to be placed, and goes where it is', async () => {
    await setPolicy('web', { affinity: toApp('cache') })
    await create('web', {})
    expect(await where('web')).toContain('affinity to app=cache: none of them is placed')
    await setPolicy('cache', undefined, 'us')
    await create('cache', {})
    expect(await where('web')).toBe('us')
  })

  test.each([
    { name: 'two that need each other', needs: { a: 'b', b: 'a' } },
    { name: 'three that need each other in a ring', needs: { a: 'b', b: 'c', c: 'a' } },
    { name: 'one that needs a ring', needs: { a: 'b', b: 'c', c: 'b' } },
  ])('does not have wait for ever: $name', async ({ needs }) => {
    for (const [name, other] of Object.entries(needs)) await setPolicy(name, { affinity: toApp(other) })
    await Promise.all(Object.keys(needs).map((name) => create(name, {})))
    const places = new Set(await whereAll(Object.keys(needs)))
    expect(places.size).toBe(1)
    expect(['ap', 'eu', 'us']).toContain([...places][0])
  })

  test('takes nothing away when the other leaves, and says so', async () => {
    await setPolicy('cache', undefined, 'us')
    await create('cache', {})
    await setPolicy('web', { affinity: toApp('cache') })
    await create('web', {})
    expect(await where('web')).toBe('us')
    await t.api.delete(deployments, { namespace: 'shop', name: 'cache' })
    const cache = await binding('cache')
    if (cache === undefined) throw new Error('cache has no binding')
    await t.api.delete(resourceBindingResource, cache.metadata)
    expect(await where('web')).toBe('us')
    expect((await binding('web'))?.spec.decision?.shortfall).toMatchObject({
      reason: 'AffinityViolated',
      message: 'us still has 2: affinity to app=cache: none of them is placed',
    })
  })
})

async function label(name: string, ha: string): Promise<void> {
  const patch = { metadata: { labels: { ha } } }
  await t.api.patch(deployments, { namespace: 'shop', name }, { type: 'merge', patch })
}

/** What the status controller would write once every cluster holds its share. */
async function reportReady(name: string): Promise<void> {
  const { metadata, spec } = (await binding(name)) ?? {}
  if (metadata === undefined) throw new Error(`${name} has no binding`)
  const clusters = (spec?.decision?.clusters ?? []).map((cluster) => ({
    name: cluster.name,
    state: 'Applied',
    replicas: cluster.replicas,
    readyReplicas: cluster.replicas,
    health: 'Healthy',
  }))
  const patch = { status: { decisionHash: spec?.decision?.forHash, clusters } }
  await t.api.patch(resourceBindingResource, metadata, { type: 'merge', patch }, { subresource: 'status' })
}
