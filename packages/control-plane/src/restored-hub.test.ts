// A hub whose store was restored from a backup: nothing is written to members before it is taken over, and nothing is
// deleted by what it says.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, leases, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ControlPlane } from './controllers.ts'
import { readPast, takeOver } from './takeover/take-over.ts'
import { aConfigMap, aDeployment } from '../test/test-fleet.ts'
import { startTestHub, type Backup, type TestHub } from '../test/test-hub.ts'
import { aWeightedPolicy, staysWhenLost } from '../test/weighted-policy.ts'
import { ownClaim, startControllers, startWholeFleet, stopControllers, type WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet
/** The hub after the backup was put back, and what runs on it. */
let restored: TestHub | undefined
let running: ControlPlane | undefined

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'])
  for (const name of ['flotilla-system', 'shop']) {
    await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  await fleet.api.create(deployments, aDeployment('web', { replicas: 4 }))
  await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 1, us: 1 }, staysWhenLost))
  await fleet.env.advance(20_000)
})
afterEach(async () => {
  if (running) await stopControllers(fleet, running)
  await restored?.[Symbol.asyncDispose]()
  ;[restored, running] = [undefined, undefined]
  await fleet[Symbol.asyncDispose]()
})

async function restore(backup: Backup): Promise<TestHub> {
  await stopControllers(fleet, fleet.controlPlane)
  restored = await startTestHub(2, { env: fleet.env, backup })
  running = startControllers(restored, fleet.members)
  await fleet.env.advance(60_000)
  return restored
}

const ofConfigMaps = {
  metadata: { namespace: 'shop', name: 'settings' },
  spec: { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }] },
}

const inShop = (name: string) => ({ namespace: 'shop', name })

async function weigh(hub: Pick<TestHub, 'api'>, weights: Record<string, number>): Promise<void> {
  const policy = await hub.api.get(propagationPolicyResource, inShop('web'))
  const { spec } = aWeightedPolicy(weights, staysWhenLost) as unknown as { spec: object }
  await hub.api.update(propagationPolicyResource, { ...policy, spec })
}

const scale = (hub: Pick<TestHub, 'api'>, replicas: number) =>
  hub.api.patch(deployments, inShop('web'), { type: 'merge', patch: { spec: { replicas } } })

async function copyOn(cluster: string, name = 'web'): Promise<KubeObject | undefined> {
  try {
    return await fleet.member(cluster).get(deployments, inShop(name))
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

const replicasOn = async (cluster: string) => valueAt(await copyOn(cluster), 'spec', 'replicas')

async function readyOf({ api }: TestHub, name: string) {
  const { status } = await api.get<Cluster>(clusterResource, { name })
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

/** Everything that could be written to, as it is on the members now. */
async function contents(): Promise<string> {
  const kinds: readonly Resource[] = [deployments, namespaces, leases]
  const lists = ['eu', 'us'].flatMap((name) => kinds.map((kind) => fleet.member(name).list(kind)))
  const items = (await Promise.all(lists)).flatMap((list) => list.items)
  return items
    .filter(({ kind, metadata }) => kind !== 'Lease' || metadata.name === 'flotilla-hub')
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
    .join()
}

describe('a hub that was restored from a backup', () => {
  test('writes nothing to any member, and says so, also after a restart', async () => {
    const backup = fleet.backup()
    await scale(fleet, 10)
    await fleet.api.create(deployments, aDeployment('later', { replicas: 2 }))
    await fleet.env.advance(30_000)
    await stopControllers(fleet, fleet.controlPlane)
    const before = await contents()
    const hub = await restore(backup)
    await scale(hub, 2)
    await fleet.env.advance(60_000)
    expect(await readyOf(hub, 'eu')).toMatchObject({
      status: 'False',
      reason: 'RestoredHub',
      message: expect.stringContaining('Next: flotilla takeover --dry-run'),
    })
    await stopControllers(fleet, running as ControlPlane)
    running = startControllers(hub, fleet.members)
    await fleet.env.advance(60_000)
    expect(await contents()).toBe(before)
    expect((await readPast(hub.api)).restored).toMatchObject({
      generation: 1,
      cluster: expect.any(String),
    })
  })

  test('keeps from members that know nothing newer, too', async () => {
    const backup = fleet.backup()
    fleet.members.get('us')?.faults.cut()
    await scale(fleet, 10)
    await fleet.env.advance(60_000)
    await stopControllers(fleet, fleet.controlPlane)
    const hub = await restore(backup)
    fleet.members.get('us')?.faults.heal()
    await fleet.env.advance(60_000)
    await scale(hub, 2)
    await fleet.env.advance(60_000)
    expect([await readyOf(hub, 'us'), await replicasOn('us')]).toEqual([
      expect.objectContaining({ reason: 'RestoredHub' }),
      2,
    ])
  })

  test('once taken over states what it knows, deletes nothing, and reports what is newer', async () => {
    const backup = fleet.backup()
    await scale(fleet, 10)
    await fleet.api.create(deployments, aDeployment('later', { replicas: 2 }))
    await fleet.env.advance(30_000)
    const hub = await restore(backup)
    await takeOver(hub.api, 2)
    await fleet.env.advance(60_000)
    expect([await replicasOn('eu'), await replicasOn('us')]).toEqual([2, 2])
    expect([await copyOn('eu', 'later'), await copyOn('us', 'later')]).not.toContain(undefined)
    const { status } = await hub.api.get<Cluster>(clusterResource, { name: 'eu' })
    expect(status?.orphans).toMatchObject({ count: 1, oldest: [{ name: 'later' }] })
    expect(await readyOf(hub, 'eu')).toMatchObject({ status: 'True' })
  })

  test('once taken over removes nothing that it was about to remove, which a newer state has placed again', async () => {
    fleet.members.get('eu')?.faults.cut()
    await weigh(fleet, { us: 1 })
    await fleet.env.advance(60_000)
    const backup = fleet.backup()
    await weigh(fleet, { eu: 1 })
    await fleet.env.advance(10_000)
    fleet.members.get('eu')?.faults.heal()
    await fleet.env.advance(90_000)
    expect([await replicasOn('eu'), await copyOn('us')]).toEqual([4, undefined])
    const hub = await restore(backup)
    const [binding] = (await hub.api.list<ResourceBinding>(resourceBindingResource)).items
    expect(binding?.spec.removals).toMatchObject([{ cluster: 'eu' }])
    const uid = (await copyOn('eu'))?.metadata.uid
    await takeOver(hub.api, 2)
    await fleet.env.advance(120_000)
    expect((await copyOn('eu'))?.metadata).toMatchObject({ uid })
    expect(await replicasOn('us')).toBe(4)
  })

  test('once taken over removes no copies of a template that was being deleted', async () => {
    fleet.members.get('eu')?.faults.cut()
    await fleet.api.delete(deployments, inShop('web'))
    await fleet.env.advance(20_000)
    const backup = fleet.backup()
    fleet.members.get('eu')?.faults.cut()
    await fleet.api.create(deployments, aDeployment('later', { replicas: 2 }))
    await fleet.env.advance(60_000)
    const hub = await restore(backup)
    fleet.members.get('eu')?.faults.heal()
    await takeOver(hub.api, 2)
    await fleet.env.advance(120_000)
    expect(await copyOn('eu')).toBeDefined()
    expect((await hub.api.list(resourceBindingResource)).items).toEqual([])
  })

  test('once taken over ends no move that was under way', async () => {
    fleet.members.get('eu')?.faults.cut()
    await weigh(fleet, { eu: 1 })
    await fleet.env.advance(20_000)
    const backup = fleet.backup()
    fleet.members.get('eu')?.faults.heal()
    await weigh(fleet, { eu: 1, us: 1 })
    await fleet.env.advance(60_000)
    const hub = await restore(backup)
    await takeOver(hub.api, 2)
    await fleet.env.advance(180_000)
    expect([await replicasOn('eu'), await copyOn('us')]).toEqual([4, expect.anything()])
  })
})

describe('a hub that was not restored', () => {
  test('resumes after any number of restarts, whatever it wrote last', async () => {
    for (const replicas of [6, 8, 2]) {
      await scale(fleet, replicas)
      await fleet.env.advance(7_000)
      await fleet.restart()
    }
    expect([await replicasOn('eu'), await replicasOn('us')]).toEqual([1, 1])
  })

  test('writes nothing more of its past once nothing changes', async () => {
    await fleet.api.create(configMaps, aConfigMap('settings'))
    await fleet.api.create(propagationPolicyResource, { ...aWeightedPolicy({ eu: 1 }), ...ofConfigMaps })
    await fleet.env.advance(30_000)
    const before = await readPast(fleet.api)
    await fleet.env.advance(120_000)
    expect(await readPast(fleet.api)).toEqual(before)
  })

  test('is not stopped by a mark that a member made up', async () => {
    const lease = { namespace: 'flotilla-system', name: 'flotilla-hub' }
    const patch = { metadata: { annotations: { 'flotilla.dev/hub-past': 'another.7.forged' } } }
    await fleet.member('us').patch(leases, lease, { type: 'merge', patch })
    await fleet.env.advance(30_000)
    await scale(fleet, 6)
    await fleet.env.advance(30_000)
    expect([await replicasOn('eu'), await replicasOn('us')]).toEqual([4, 2])
    expect(await readyOf(fleet, 'us')).toMatchObject({ reason: 'RestoredHub' })
  })

  test('goes on beside another process of its own that waits for the lease', async () => {
    const second = startControllers(fleet, fleet.members, { ...ownClaim, holder: 'second' })
    await scale(fleet, 6)
    await fleet.env.advance(60_000)
    expect([await replicasOn('eu'), await replicasOn('us')]).toEqual([3, 3])
    await stopControllers(fleet, second)
  })

  test('stops once a copy of its store has been taken over', async () => {
    const backup = fleet.backup()
    restored = await startTestHub(2, { env: fleet.env, backup })
    running = startControllers(restored, fleet.members, { ...ownClaim, holder: 'copy' })
    await takeOver(restored.api, 2)
    await fleet.env.advance(60_000)
    await scale(fleet, 8)
    await fleet.env.advance(60_000)
    expect([await replicasOn('eu'), await replicasOn('us')]).toEqual([2, 2])
    expect(await readyOf(fleet, 'eu')).toMatchObject({ reason: 'NewerGeneration' })
  })
})
