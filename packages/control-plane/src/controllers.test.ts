// The life of a Deployment, from `kubectl apply` to ready replicas on every member and the truth on the hub.
import { clusterResource } from '@flotilla/api/cluster'
import type { Cluster } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, leases, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aWeightedPolicy, staysWhenLost } from '../test/weighted-policy.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet()
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
})
afterEach(() => fleet[Symbol.asyncDispose]())

const web = { namespace: 'shop', name: 'web' }

function aDeployment(replicas: number): KubeObject {
  const labels = { app: 'web' }
  const container = {
    name: 'web',
    image: 'registry.example.com/web:1',
    envFrom: [{ configMapRef: { name: 'settings' } }],
  }
  const template = { metadata: { labels }, spec: { containers: [container] } }
  const spec = { replicas, selector: { matchLabels: labels }, template }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: web, spec }
}

async function applyEverything(): Promise<void> {
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...web, name: 'settings' }, data: { a: '1' } }
  await fleet.api.create(configMaps, settings)
  await fleet.api.create(deployments, aDeployment(12))
  await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 3, us: 2, ap: 1 }, staysWhenLost))
  await fleet.env.advance(20_000)
}

async function readyOn(name: string): Promise<unknown> {
  const found = await fleet.member(name).get(deployments, web)
  return valueAt(found, 'status', 'readyReplicas')
}

async function theBinding(): Promise<ResourceBinding> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  if (!items[0]) throw new Error('there is no binding')
  return items[0]
}

const conditionsOf = (binding: ResourceBinding) =>
  Object.fromEntries((binding.status?.conditions ?? []).map(({ type, status }) => [type, status]))

describe('startControlPlane()', () => {
  test('registers members: Ready, version, nodes, APIs, and our lease on each', async () => {
    const { items } = await fleet.api.list<Cluster>(clusterResource)
    expect(items).toHaveLength(3)
    for (const { metadata, status } of items) {
      expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' })
      expect(status?.nodes).toEqual({ total: 3, ready: 3 })
      expect(status?.apis?.find(({ group }) => group === 'apps')?.kinds).toContain('Deployment')
      const lease = await fleet
        .member(metadata.name)
        .get(leases, { namespace: 'flotilla-system', name: 'flotilla-hub' })
      expect(valueAt(lease, 'spec', 'holderIdentity')).toBe('test')
    }
  })

  test('runs twelve replicas in the ratio 3:2:1, with what they use, and says so on the hub', async () => {
    await applyEverything()
    expect([await readyOn('eu'), await readyOn('us'), await readyOn('ap')]).toEqual([6, 4, 2])
    const settings = await fleet.member('us').get(configMaps, { ...web, name: 'settings' })
    expect(settings['data']).toEqual({ a: '1' })
    const binding = await theBinding()
    expect(conditionsOf(binding)).toMatchObject({ Scheduled: 'True', Applied: 'True', Healthy: 'True' })
    const template = await fleet.api.get(deployments, web)
    expect(template['status']).toMatchObject({ replicas: 12, readyReplicas: 12, availableReplicas: 12 })
    expect(valueAt(template, 'status', 'observedGeneration')).toBe(template.metadata.generation)
  })

  test('moves replicas when weights change', async () => {
    await applyEverything()
    const policy = await fleet.api.get(propagationPolicyResource, web)
    await fleet.api.update(propagationPolicyResource, {
      ...policy,
      spec: aWeightedPolicy({ eu: 1, us: 2, ap: 3 }, staysWhenLost)['spec'],
    })
    await fleet.env.advance(30_000)
    expect([await readyOn('eu'), await readyOn('us'), await readyOn('ap')]).toEqual([2, 4, 6])
  })

  test('takes copies away when the template is deleted', async () => {
    await applyEverything()
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(30_000)
    for (const name of fleet.members.keys()) {
      await expect(fleet.member(name).get(deployments, web)).rejects.toMatchObject({ code: 'NotFound' })
    }
    expect((await fleet.api.list(resourceBindingResource)).items).toEqual([])
  })

  test('leaves everything in place when the policy is deleted, and says so', async () => {
    await applyEverything()
    await fleet.api.delete(propagationPolicyResource, web)
    await fleet.env.advance(30_000)
    expect([await readyOn('eu'), await readyOn('us'), await readyOn('ap')]).toEqual([6, 4, 2])
    const scheduled = (await theBinding()).status?.conditions?.find(({ type }) => type === 'Scheduled')
    expect(scheduled).toMatchObject({ status: 'False', reason: 'PolicyMissing' })
  })

  test('writes nothing to members after a restart', async () => {
    await applyEverything()
    const versions = async () =>
      Promise.all(
        [...fleet.members.keys()].map(
          async (name) => (await fleet.member(name).get(deployments, web)).metadata.resourceVersion,
        ),
      )
    const before = await versions()
    await fleet.restart()
    expect(await versions()).toEqual(before)
  })

  test('shows a member that stops answering as Unreachable, moves nothing, and recovers by itself', async () => {
    await applyEverything()
    fleet.members.get('us')?.faults.cut()
    await fleet.env.advance(60_000)
    const cluster = await fleet.api.get<Cluster>(clusterResource, { name: 'us' })
    const status = Object.fromEntries((cluster.status?.conditions ?? []).map((each) => [each.type, each.status]))
    expect(status).toMatchObject({ Reachable: 'Unknown', Ready: 'False' })
    const away = await theBinding()
    expect(away.status?.clusters?.find(({ name }) => name === 'us')).toMatchObject({
      state: 'Unreachable',
      replicas: 4,
    })
    expect(away.spec.decision?.clusters.map(({ replicas = 0 }) => replicas).sort((a, b) => a - b)).toEqual([2, 4, 6])
    fleet.members.get('us')?.faults.heal()
    await fleet.env.advance(60_000)
    expect((await theBinding()).status?.clusters?.find(({ name }) => name === 'us')).toMatchObject({ state: 'Applied' })
  })

  test('lets go of a member that leaves: workloads stay, marks and lease go', async () => {
    await applyEverything()
    await fleet.api.delete(clusterResource, { name: 'us' })
    await fleet.env.advance(30_000)
    await expect(fleet.api.get(clusterResource, { name: 'us' })).rejects.toMatchObject({ code: 'NotFound' })
    const left = await fleet.member('us').get(deployments, web)
    expect(left.metadata.labels ?? {}).not.toHaveProperty('flotilla.dev/hub')
    expect(await readyOn('us')).toBe(4)
    const lease = fleet.member('us').get(leases, { namespace: 'flotilla-system', name: 'flotilla-hub' })
    await expect(lease).rejects.toMatchObject({ code: 'NotFound' })
    expect([await readyOn('eu'), await readyOn('ap')]).toEqual([9, 3])
  })
})
