// What carries our label on a member and nothing claims is told of, never removed.
import { clusterResource, type Cluster, type Orphans } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment, startFleet, type TestFleet } from '../../../test/test-fleet.ts'
import { aWeightedPolicy } from '../../../test/weighted-policy.ts'
import { startWholeFleet, type WholeFleet } from '../../../test/whole-fleet.ts'
import { startOrphans } from './controller.ts'

const web = { namespace: 'shop', name: 'web' }
const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }

const claims = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
}

/** A Deployment with our label of which the hub knows nothing. */
function aStray(name: string): KubeObject {
  const { metadata, ...rest } = aDeployment(name, { replicas: 0 })
  return { ...rest, metadata: { ...metadata, labels: { 'flotilla.dev/hub': 'hub' } } }
}

describe('startOrphans()', () => {
  let fleet: WholeFleet

  beforeEach(async () => {
    fleet = await startWholeFleet(['eu', 'us'])
    await fleet.api.create(namespaces, shop)
    await fleet.api.create(deployments, aDeployment('web'))
    await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 1, us: 1 }))
    await fleet.env.advance(10_000)
  })
  afterEach(() => fleet[Symbol.asyncDispose]())

  const orphansOn = async (name: string): Promise<Orphans | undefined> =>
    (await fleet.api.get<Cluster>(clusterResource, { name })).status?.orphans

  /** Every distinct report on `name` from now on, as it is written. */
  function reportsOn(name: string): { readonly seen: (number | undefined)[]; readonly stop: () => void } {
    const abort = new AbortController()
    const seen: (number | undefined)[] = []
    const read = async () => {
      for await (const event of fleet.api.watch<Cluster>(clusterResource, { signal: abort.signal })) {
        if (event.type === 'BOOKMARK' || event.object.metadata.name !== name) continue
        const count = event.object.status?.orphans?.count
        if (seen.length === 0 || seen.at(-1) !== count) seen.push(count)
      }
    }
    void read().catch(() => {})
    return { seen, stop: () => abort.abort() }
  }

  test('does not report what a controller made of an object of ours, with its labels', async () => {
    const owner = await fleet.member('eu').get(deployments, web)
    const { apiVersion, kind, metadata } = owner
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true }]
    const derived = aStray('derived')
    await fleet.member('eu').create(deployments, { ...derived, metadata: { ...derived.metadata, ownerReferences } })
    await fleet.env.advance(120_000)
    expect(await orphansOn('eu')).toBeUndefined()
  })

  test('tells of an object that nothing claims, with its age, and leaves it alone', async () => {
    const since = fleet.env.clock.now()
    await fleet.member('eu').create(deployments, aStray('stray'))
    await fleet.env.advance(50_000)
    expect(await orphansOn('eu')).toBeUndefined()
    await fleet.env.advance(30_000)
    const found = await orphansOn('eu')
    expect(found).toMatchObject({ count: 1, oldest: [{ group: 'apps', kind: 'Deployment', ...web, name: 'stray' }] })
    expect(Date.parse(found?.oldest[0]?.since ?? '') - since).toBeLessThan(5_000)
    expect(await orphansOn('us')).toBeUndefined()
    expect(await fleet.member('eu').get(deployments, { ...web, name: 'stray' })).toBeDefined()
    expect(await fleet.env.metrics.text()).toMatch(/flotilla_cluster_orphaned_objects\{cluster="eu"\} 1/)
  })

  test('takes back what is claimed, deleted or let go of', async () => {
    for (const name of ['claimed', 'deleted', 'let-go']) await fleet.member('eu').create(deployments, aStray(name))
    await fleet.env.advance(80_000)
    expect((await orphansOn('eu'))?.count).toBe(3)
    await fleet.api.create(deployments, aDeployment('claimed', { replicas: 2 }))
    await fleet.member('eu').delete(deployments, { ...web, name: 'deleted' })
    const patch = { metadata: { labels: { 'flotilla.dev/hub': null } } }
    await fleet.member('eu').patch(deployments, { ...web, name: 'let-go' }, { type: 'merge', patch })
    await fleet.env.advance(30_000)
    expect(await orphansOn('eu')).toBeUndefined()
    expect(await fleet.env.metrics.text()).toMatch(/flotilla_cluster_orphaned_objects\{cluster="eu"\} 0/)
  })

  test('is not misled by delivery, moves, a template created anew, a policy that goes, or a removal', async () => {
    const reports = reportsOn('eu')
    const change = async (weights: Readonly<Record<string, number>>) => {
      const policy = await fleet.api.get(propagationPolicyResource, web)
      await fleet.api.update(propagationPolicyResource, { ...policy, spec: aWeightedPolicy(weights)['spec'] })
      await fleet.env.advance(90_000)
    }
    await change({ us: 1 })
    await change({ eu: 1, us: 1 })
    await fleet.api.delete(deployments, web)
    await fleet.api.create(deployments, aDeployment('web'))
    await fleet.env.advance(90_000)
    await fleet.api.delete(propagationPolicyResource, web)
    await fleet.env.advance(90_000)
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(90_000)
    reports.stop()
    expect(reports.seen).toEqual([undefined])
    await expect(fleet.member('eu').get(deployments, web)).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('keeps the age over a restart, and writes nothing for it', async () => {
    await fleet.member('eu').create(deployments, aStray('stray'))
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(120_000)
    const before = await orphansOn('eu')
    expect(before?.count).toBe(1)
    const reports = reportsOn('eu')
    await fleet.restart()
    await fleet.env.advance(120_000)
    reports.stop()
    expect(await orphansOn('eu')).toEqual(before)
    expect(reports.seen).toEqual([1])
  })

  test('keeps what it said of a member that is away, and says nothing new', async () => {
    await fleet.member('eu').create(deployments, aStray('stray'))
    await fleet.env.advance(80_000)
    fleet.members.get('eu')?.faults.cut()
    await fleet.member('eu').delete(deployments, { ...web, name: 'stray' })
    await fleet.env.advance(120_000)
    expect((await orphansOn('eu'))?.count).toBe(1)
    fleet.members.get('eu')?.faults.heal()
    await fleet.env.advance(60_000)
    expect(await orphansOn('eu')).toBeUndefined()
  })

  test('writes once for many objects', async () => {
    const reports = reportsOn('eu')
    for (let i = 0; i < 200; i++) await fleet.member('eu').create(deployments, aStray(`stray-${i}`))
    await fleet.env.advance(90_000)
    reports.stop()
    expect(reports.seen).toEqual([undefined, 200])
    expect((await orphansOn('eu'))?.oldest).toHaveLength(10)
  })

  test('tells of claims, which are never removed by themselves, and of the namespace once the hub has none', async () => {
    const metadata = { namespace: 'shop', name: 'data' }
    const resources = { requests: { storage: '1Gi' } }
    const spec = { accessModes: ['ReadWriteOnce'], resources }
    await fleet.api.create(claims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec })
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
    const template = await fleet.api.get(deployments, web)
    const pod = valueAt(template, 'spec', 'template', 'spec') as object
    const patch = { spec: { template: { spec: { ...pod, volumes } } } }
    await fleet.api.patch(deployments, web, { type: 'merge', patch })
    await fleet.env.advance(20_000)
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(120_000)
    const kindsOn = async (name: string) => (await orphansOn(name))?.oldest.map(({ kind }) => kind)
    expect(await kindsOn('eu')).toEqual(['PersistentVolumeClaim'])
    await fleet.api.create(deployments, aDeployment('web'))
    await fleet.env.advance(20_000)
    await fleet.api.delete(namespaces, { name: 'shop' })
    await fleet.env.advance(180_000)
    expect(await kindsOn('eu')).toEqual(['PersistentVolumeClaim', 'Namespace'])
    expect(await fleet.member('eu').get(claims, metadata)).toBeDefined()
  })
})

describe('startOrphans() without the evidence', () => {
  const unavailable = new FlotillaError('Unavailable', 'connection refused')

  async function reported(fleet: TestFleet): Promise<Orphans | undefined> {
    const orphans = startOrphans(fleet)
    const stray = {
      ...aConfigMap('stray'),
      metadata: { namespace: 'shop', name: 'stray', labels: { 'flotilla.dev/hub': 'hub' } },
    }
    await fleet.byName['m1']?.api.create(namespaces, shop)
    await fleet.byName['m1']?.api.create(configMaps, stray)
    fleet.members.get('m1')?.open(stray)
    await fleet.env.advance(300_000)
    const cluster = await fleet.api.get<Cluster>(clusterResource, { name: 'm1' })
    await fleet.env.complete(Promise.resolve(orphans[Symbol.asyncDispose]()), { limitMs: 60_000, what: 'the end' })
    await fleet[Symbol.asyncDispose]()
    return cluster.status?.orphans
  }

  test('says nothing while the bindings of the hub cannot be read', async () => {
    expect((await reported(await startFleet(['m1'])))?.count).toBe(1)
    const refuses: (resource?: { readonly plural: string }) => FlotillaError | undefined = (resource) =>
      resource?.plural === 'resourcebindings' ? unavailable : undefined
    expect(await reported(await startFleet(['m1'], { lies: { refuses }, isPartial: true }))).toBeUndefined()
  })

  test('says nothing of a kind of which a member lists only a part', async () => {
    const fleet = await startFleet(['m1'])
    const { lies } = fleet.byName['m1'] ?? {}
    if (lies) lies.withholdsEnd = ({ kind }) => kind === configMaps.kind
    expect(await reported(fleet)).toBeUndefined()
  })
})
