// One hub writes to a member, after one lease term: whoever is not the holder, or is older, writes nothing.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, leases, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ControlPlane } from './controllers.ts'
import type { Lies } from '../test/lies.ts'
import { aConfigMap } from '../test/test-fleet.ts'
import { startTestHub } from '../test/test-hub.ts'
import { ownClaim, register, startControllers, startWholeFleet, stopControllers } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(['eu'])
  await preparePolicy(fleet.api)
  await fleet.api.create(configMaps, aConfigMap('settings'))
  await fleet.env.advance(10_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

const inShop = (name: string) => ({ namespace: 'shop', name })
const leaseKey = { namespace: 'flotilla-system', name: 'flotilla-hub' }
const lease = () => fleet.member('eu').get(leases, leaseKey)

async function preparePolicy(hub: KubeApi): Promise<void> {
  await hub.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const spec = { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }] }
  await hub.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata: inShop('all'), spec })
}

/** Changes what is placed on the member already: no decision keeps it from there. */
async function changeSettings(): Promise<void> {
  await fleet.api.patch(configMaps, inShop('settings'), { type: 'merge', patch: { data: { a: '2' } } })
}

async function areSettingsChanged(): Promise<boolean> {
  const settings = await fleet.member('eu').get(configMaps, inShop('settings'))
  return valueAt(settings, 'data', 'a') === '2'
}

async function isOnMember(name: string): Promise<boolean> {
  return fleet
    .member('eu')
    .get(configMaps, inShop(name))
    .then(
      () => true,
      () => false,
    )
}

async function readyOf(hub: KubeApi): Promise<unknown> {
  const cluster = await hub.get<Cluster>(clusterResource, { name: 'eu' })
  return cluster.status?.conditions?.find(({ type }) => type === 'Ready')
}

describe('a member that a hub manages', () => {
  test('is not written to by another hub, which says who manages it', async () => {
    const other = await startTestHub(2, { env: fleet.env })
    await preparePolicy(other.api)
    const intruder = startControllers(other, fleet.members, { hubId: 'other', generation: 9, holder: 'x' })
    await register(other, 'eu', fleet.member('eu'))
    await other.api.create(configMaps, aConfigMap('theirs'))
    await fleet.api.create(configMaps, aConfigMap('ours'))
    await fleet.env.advance(120_000)
    expect([await isOnMember('ours'), await isOnMember('theirs')]).toEqual([true, false])
    expect(await readyOf(other.api)).toMatchObject({
      status: 'False',
      reason: 'OtherHub',
      message: expect.stringMatching(/hub hub manages it.*--take-over/),
    })
    expect(valueAt(await lease(), 'spec', 'holderIdentity')).toBe('test')
    await stopControllers(fleet, intruder)
    await other[Symbol.asyncDispose]()
  })

  test('is not written to by an older generation of its hub', async () => {
    const newer = { metadata: { annotations: { 'flotilla.dev/hub-generation': '2' } } }
    await fleet.member('eu').patch(leases, leaseKey, { type: 'merge', patch: newer })
    await fleet.env.advance(40_000)
    await changeSettings()
    await fleet.env.advance(60_000)
    expect(await areSettingsChanged()).toBe(false)
    expect(await readyOf(fleet.api)).toMatchObject({ status: 'False', reason: 'NewerGeneration' })
  })

  test('is not written to by a second process of its hub while the first one renews', async () => {
    const claim = { ...ownClaim, holder: 'second' }
    const second = startControllers(fleet, fleet.members, claim)
    await fleet.env.advance(120_000)
    expect(valueAt(await lease(), 'spec', 'holderIdentity')).toBe('test')
    expect(second.members.mayWrite('eu')).toBe(false)
    await stopControllers(fleet, second)
  })

  test('is taken by another process of its hub one term after the first one stopped, not before', async () => {
    await stopControllers(fleet, fleet.controlPlane)
    const second = startControllers(fleet, fleet.members, { ...ownClaim, holder: 'second' })
    await changeSettings()
    await fleet.env.advance(25_000)
    expect([await areSettingsChanged(), second.members.mayWrite('eu')]).toEqual([false, false])
    await fleet.env.advance(20_000)
    expect([await areSettingsChanged(), second.members.mayWrite('eu')]).toEqual([true, true])
    await stopControllers(fleet, second)
  })

  test('is resumed at once by the same holder', async () => {
    await stopControllers(fleet, fleet.controlPlane)
    const again = startControllers(fleet, fleet.members)
    await changeSettings()
    await fleet.env.advance(6_000)
    expect(await areSettingsChanged()).toBe(true)
    await stopControllers(fleet, again)
  })

  test('is left alone by a hub that could not renew for a term', async () => {
    const refused = new FlotillaError('Forbidden', 'leases is forbidden')
    fleet.members.get('eu')?.faults.failRequests(({ resource }) => resource?.plural === 'leases', refused)
    await fleet.env.advance(40_000)
    await changeSettings()
    await fleet.env.advance(30_000)
    expect(await areSettingsChanged()).toBe(false)
    expect(await readyOf(fleet.api)).toMatchObject({ status: 'False', reason: 'LeaseNotTaken' })
  })

  describe('whose machine slept, its monotonic clock standing still', () => {
    let sleptMs: number
    let sleeper: ControlPlane

    const fallAsleep = async () => {
      expect(sleeper.members.mayWrite('eu')).toBe(true)
      sleptMs = 31_000
      await changeSettings()
    }

    beforeEach(async () => {
      await stopControllers(fleet, fleet.controlPlane)
      sleptMs = 0
      const { clock } = fleet.env
      const env = { ...fleet.env, clock: { ...clock, now: () => clock.now() + sleptMs } }
      sleeper = startControllers({ env, api: fleet.api }, fleet.members)
      await fleet.env.advance(12_000)
    })
    afterEach(() => stopControllers(fleet, sleeper))

    test('is not written to before it has renewed', async () => {
      await fallAsleep()
      expect(sleeper.members.mayWrite('eu')).toBe(false)
      await fleet.env.advance(6_000)
      expect([sleeper.members.mayWrite('eu'), await areSettingsChanged()]).toEqual([true, true])
    })

    test('is not written to when another hub took it meanwhile', async () => {
      await fallAsleep()
      const other = { metadata: { annotations: { 'flotilla.dev/hub-id': 'other' } } }
      await fleet.member('eu').patch(leases, leaseKey, { type: 'merge', patch: other })
      await fleet.env.advance(60_000)
      expect(await areSettingsChanged()).toBe(false)
      expect(await readyOf(fleet.api)).toMatchObject({ status: 'False', reason: 'OtherHub' })
    })
  })

  test('is not written to once another cluster answers at its address', async () => {
    const isIdentity = ({ name }: KubeObject['metadata']) => name === 'kube-system'
    ;(fleet.lies['eu'] as Lies).get = (_, object) =>
      isIdentity(object.metadata) ? { ...object, metadata: { ...object.metadata, uid: 'another' } } : object
    await fleet.env.advance(6_000)
    await changeSettings()
    await fleet.env.advance(60_000)
    expect(await areSettingsChanged()).toBe(false)
    expect(await readyOf(fleet.api)).toMatchObject({ status: 'False', reason: 'IdentityChanged' })
  })

  test('gets nothing stated anew that vanished because another cluster answers at its address', async () => {
    const lies = fleet.lies['eu'] as Lies
    lies.get = (resource, object) =>
      resource.plural === 'namespaces' ? { ...object, metadata: { ...object.metadata, uid: 'another' } } : object
    const applied: string[] = []
    lies.beforeApply = (_, { metadata }) => applied.push(metadata.name)
    await fleet.member('eu').delete(configMaps, inShop('settings'))
    await fleet.api.create(configMaps, aConfigMap('new'))
    await fleet.env.advance(60_000)
    expect(applied).toEqual([])
    lies.get = undefined
    await fleet.env.advance(60_000)
    expect([await isOnMember('settings'), await isOnMember('new')]).toEqual([true, true])
  })
})
