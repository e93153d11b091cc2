// Clusters made through the API that `flotilla join` would have refused: nothing is done for them, and they say why.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion, systemNamespace } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments, leases, namespaces, secrets } from '@flotilla/machinery/well-known-resources'
import type { SimulatedCluster } from '@flotilla/simulator/cluster'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Lies } from '../test/lies.ts'
import { aDeployment } from '../test/test-fleet.ts'
import { aWeightedPolicy } from '../test/weighted-policy.ts'
import { ownClaim, register, startWholeFleet, type WholeFleet } from '../test/whole-fleet.ts'

const web = { namespace: 'shop', name: 'web' }
let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.api.create(deployments, aDeployment('web', { replicas: 4 }))
  await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 1, us: 1, other: 1 }))
  await fleet.env.advance(20_000)
})
afterEach(async () => {
  hosts().delete('other')
  await fleet[Symbol.asyncDispose]()
})

/** What answers at the address of a Cluster of that name. */
const hosts = () => fleet.members as Map<string, SimulatedCluster>

const readyOf = async (name: string) => {
  const { status } = await fleet.api.get<Cluster>(clusterResource, { name })
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

const clustersOfWeb = async () => {
  const [binding] = (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items
  return binding?.spec.decision?.clusters.map(({ name, replicas }) => `${name} ${replicas}`)
}

const copyOnEu = () => fleet.member('eu').get(deployments, web)

describe('a cluster that is registered twice', () => {
  beforeEach(async () => {
    hosts().set('other', hosts().get('eu') as SimulatedCluster)
    await register(fleet, 'other', fleet.member('eu'))
    await fleet.env.advance(60_000)
  })

  test('is used under its first registration only, and the second says so', async () => {
    expect(await readyOf('other')).toMatchObject({
      status: 'False',
      reason: 'RegisteredTwice',
      message: 'Cannot use cluster other: it is registered already, as eu. Next: flotilla unjoin other',
    })
    expect(await readyOf('eu')).toMatchObject({ status: 'True' })
    expect(await clustersOfWeb()).toEqual(['eu 2', 'us 2'])
  })

  test('keeps all that is there, marks and lease too, when the second is taken off', async () => {
    const before = await copyOnEu()
    await fleet.api.delete(clusterResource, { name: 'other' })
    await fleet.env.advance(60_000)
    await expect(fleet.api.get(clusterResource, { name: 'other' })).rejects.toMatchObject({ code: 'NotFound' })
    expect((await copyOnEu()).metadata).toMatchObject({
      uid: before.metadata.uid,
      labels: before.metadata.labels ?? {},
    })
    expect((await fleet.member('eu').list(leases, { namespace: systemNamespace })).items).toHaveLength(1)
    expect(await clustersOfWeb()).toEqual(['eu 2', 'us 2'])
  })

  test('is used under the second once the first is taken off', async () => {
    await fleet.api.delete(clusterResource, { name: 'eu' })
    await fleet.env.advance(60_000)
    expect(await readyOf('other')).toMatchObject({ status: 'True' })
    expect(await clustersOfWeb()).toEqual(['other 2', 'us 2'])
  })

  test('keeps credentials that both registrations name', async () => {
    const key = { namespace: systemNamespace, name: 'shared' }
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }
    await fleet.api.create(namespaces, namespace).catch(() => {})
    await fleet.api.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: key })
    const patch = { type: 'merge', patch: { spec: { secretRef: { name: 'shared' } } } } as const
    for (const name of ['eu', 'other']) await fleet.api.patch(clusterResource, { name }, patch)
    await fleet.api.delete(clusterResource, { name: 'other' })
    await fleet.env.advance(60_000)
    await expect(fleet.api.get(clusterResource, { name: 'other' })).rejects.toMatchObject({ code: 'NotFound' })
    expect((await fleet.api.get(secrets, key)).metadata.name).toBe('shared')
  })
})

describe('the hub itself registered as a member', () => {
  const registerHubAs = async (id: string) => {
    const cluster = { apiVersion, kind: 'Cluster', metadata: { name: 'other' }, spec: { id, mode: 'Direct' } } as const
    await fleet.api.create<Cluster>(clusterResource, cluster)
    await fleet.env.advance(60_000)
  }

  const refusal = {
    status: 'False',
    reason: 'HubItself',
    message: expect.stringMatching(
      /^Cannot use cluster other: it is the hub itself, .* Next: flotilla unjoin other --force$/,
    ),
  }

  test('is not used, and says so', async () => {
    await registerHubAs(ownClaim.hubId)
    expect(await readyOf('other')).toMatchObject(refusal)
    expect(await clustersOfWeb()).toEqual(['eu 2', 'us 2'])
  })

  test('is not used under another identity either, and says the same', async () => {
    hosts().set('other', hosts().get('eu') as SimulatedCluster)
    const get: Lies['get'] = (_, object) =>
      object.metadata.name === 'kube-system' ? { ...object, metadata: { ...object.metadata, uid: 'hub' } } : object
    Object.assign(fleet.lies, { other: { get } })
    await registerHubAs('made-up')
    expect(await readyOf('other')).toMatchObject(refusal)
    expect(await clustersOfWeb()).toEqual(['eu 2', 'us 2'])
  })

  test('can be taken off', async () => {
    await registerHubAs(ownClaim.hubId)
    await fleet.api.delete(clusterResource, { name: 'other' })
    await fleet.env.advance(10_000)
    await expect(fleet.api.get(clusterResource, { name: 'other' })).rejects.toMatchObject({ code: 'NotFound' })
  })
})
