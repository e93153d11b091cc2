// `preserveResourcesOnDeletion`: copies stay when their template goes, also when its policy goes with it or after it.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'

const web = { namespace: 'shop', name: 'web' }

async function startShop() {
  const fleet = await startWholeFleet(['eu'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const spec = {
    resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
    preserveResourcesOnDeletion: true,
  }
  await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata: web, spec })
  await fleet.api.create(deployments, aDeployment('web', { replicas: 2 }))
  await fleet.env.advance(20_000)
  const { uid } = (await fleet.member('eu').get(deployments, web)).metadata
  return { fleet, uid }
}

describe('copies that a policy wants preserved', () => {
  test('stay on a member that is away, when the policy is deleted later and the hub restarts', async () => {
    const { fleet, uid } = await startShop()
    await using _ = fleet
    fleet.members.get('eu')?.faults.cut()
    await fleet.env.advance(30_000)
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(10_000)
    await fleet.api.delete(propagationPolicyResource, web)
    await fleet.env.advance(5_000)
    await fleet.restart()
    fleet.members.get('eu')?.faults.heal()
    await fleet.env.advance(120_000)
    expect((await fleet.member('eu').get(deployments, web)).metadata.uid).toBe(uid)
  })

  test('stay when the policy is deleted right after the template', async () => {
    const { fleet, uid } = await startShop()
    await using _ = fleet
    await fleet.api.delete(deployments, web)
    await fleet.api.delete(propagationPolicyResource, web)
    await fleet.env.advance(60_000)
    expect((await fleet.member('eu').get(deployments, web)).metadata.uid).toBe(uid)
  })

  test('stay when the namespace of both is deleted on the hub', async () => {
    const { fleet, uid } = await startShop()
    await using _ = fleet
    await fleet.api.delete(namespaces, { name: 'shop' })
    await fleet.env.advance(60_000)
    expect((await fleet.member('eu').get(deployments, web)).metadata.uid).toBe(uid)
  })

  test('stay when the policy is deleted before the template', async () => {
    const { fleet, uid } = await startShop()
    await using _ = fleet
    await fleet.api.delete(propagationPolicyResource, web)
    await fleet.env.advance(10_000)
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(60_000)
    expect((await fleet.member('eu').get(deployments, web)).metadata.uid).toBe(uid)
  })

  test('go with the template once the policy no longer says so', async () => {
    const { fleet } = await startShop()
    await using _ = fleet
    const patch = { spec: { preserveResourcesOnDeletion: false } }
    await fleet.api.patch(propagationPolicyResource, web, { type: 'merge', patch })
    await fleet.env.advance(5_000)
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(60_000)
    await expect(fleet.member('eu').get(deployments, web)).rejects.toMatchObject({ code: 'NotFound' })
  })
})
