// A cluster that was taken off the hub by force and is registered again: what was to be removed from it stays.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { aWeightedPolicy, staysWhenLost } from '../test/weighted-policy.ts'
import { register, startWholeFleet, stopControllers, type WholeFleet } from '../test/whole-fleet.ts'

const web = { namespace: 'shop', name: 'web' }
let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.api.create(deployments, aDeployment('web', { replicas: 4 }))
  await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 1, us: 1 }, staysWhenLost))
  await fleet.env.advance(20_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

const weigh = async (weights: Record<string, number>) => {
  const policy = await fleet.api.get(propagationPolicyResource, web)
  await fleet.api.update(propagationPolicyResource, {
    ...policy,
    spec: aWeightedPolicy(weights, staysWhenLost)['spec'],
  })
}

const faultsOf = (name: string) => fleet.members.get(name)?.faults

const bindingOfWeb = async () =>
  (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items[0] as ResourceBinding

/** As `flotilla unjoin eu --force` and `flotilla join eu` do. */
async function registerAnew() {
  await fleet.api.delete(clusterResource, { name: 'eu' })
  await fleet.api.patch(clusterResource, { name: 'eu' }, { type: 'merge', patch: { metadata: { finalizers: [] } } })
  await register(fleet, 'eu', fleet.member('eu'))
}

/** While no controllers run: they cannot see that it was off. */
async function registerUnseen() {
  await stopControllers(fleet, fleet.controlPlane)
  await registerAnew()
  faultsOf('eu')?.heal()
  await fleet.restart()
  await fleet.env.advance(60_000)
}

const copyOn = async (name: string) => {
  try {
    return (await fleet.member(name).get(deployments, web)).metadata
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

describe('a cluster taken off by force and registered again', () => {
  test('keeps what a decision had dropped', async () => {
    faultsOf('eu')?.cut()
    await weigh({ us: 1 })
    await fleet.env.advance(60_000)
    expect((await bindingOfWeb()).spec.removals).toMatchObject([{ cluster: 'eu' }])
    await registerUnseen()
    expect(await copyOn('eu')).toBeDefined()
    expect((await bindingOfWeb()).spec.removals).toEqual([])
  })

  test('loses it by a record of an older version, which names no registration', async () => {
    faultsOf('eu')?.cut()
    await weigh({ us: 1 })
    await fleet.env.advance(60_000)
    const { metadata, spec } = await bindingOfWeb()
    const removals = spec.removals?.map(({ clusterUID: _, ...removal }) => removal)
    await fleet.api.patch(resourceBindingResource, metadata, { type: 'merge', patch: { spec: { removals } } })
    await registerUnseen()
    expect(await copyOn('eu')).toBeUndefined()
  })

  test('keeps what was placed there when the template was deleted before', async () => {
    faultsOf('eu')?.cut()
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(60_000)
    await registerUnseen()
    expect([await copyOn('eu'), await copyOn('us')]).toEqual([expect.anything(), undefined])
    expect((await fleet.api.list(resourceBindingResource)).items).toEqual([])
  })

  test('keeps what it was about to lose to a cluster that could not grow', async () => {
    faultsOf('us')?.cut()
    await fleet.env.advance(60_000)
    await weigh({ us: 1 })
    await fleet.env.advance(10_000)
    expect((await bindingOfWeb()).spec.decision?.clusters).toMatchObject([{ name: 'eu', replicas: 0, from: 2 }, {}])
    await registerUnseen()
    faultsOf('us')?.heal()
    await fleet.env.advance(120_000)
    expect((await bindingOfWeb()).spec).toMatchObject({ decision: { clusters: [{ name: 'us' }] } })
    expect((await bindingOfWeb()).spec.removals ?? []).toEqual([])
    expect(await copyOn('eu')).toBeDefined()
  })

  test.each([
    { name: 'is placed on as before', deletesPolicy: false },
    { name: 'is placed on as before also without a policy', deletesPolicy: true },
  ])('$name', async ({ deletesPolicy }) => {
    if (deletesPolicy) await fleet.api.delete(propagationPolicyResource, web)
    await fleet.env.advance(5_000)
    const before = await copyOn('eu')
    await registerUnseen()
    const { uid } = (await fleet.api.get<Cluster>(clusterResource, { name: 'eu' })).metadata
    expect((await bindingOfWeb()).spec.decision?.clusters).toMatchObject([{ name: 'eu', clusterUID: uid }, {}])
    expect(await copyOn('eu')).toMatchObject({ uid: before?.uid })
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(60_000)
    expect([await copyOn('eu'), await copyOn('us')]).toEqual([undefined, undefined])
  })

  test('is placed on as before when the controllers see it', async () => {
    const before = await copyOn('eu')
    await registerAnew()
    await fleet.env.advance(60_000)
    expect(await copyOn('eu')).toMatchObject({ uid: before?.uid })
    await weigh({ us: 1 })
    await fleet.env.advance(60_000)
    expect(await copyOn('eu')).toBeUndefined()
  })
})
