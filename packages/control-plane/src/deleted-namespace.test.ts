// A namespace that is deleted on the hub takes the copies of what was in it along, whatever goes first in it.
import { apiVersion } from '@flotilla/api/group'
import { clusterPropagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet, type WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet

const web = { namespace: 'shop', name: 'web' }

beforeEach(async () => {
  fleet = await startWholeFleet(['eu'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop' }] }
  const policy = { apiVersion, kind: 'ClusterPropagationPolicy', metadata: { name: 'everywhere' }, spec }
  await fleet.api.create(clusterPropagationPolicyResource, policy)
  await fleet.api.create(deployments, aDeployment('web', { replicas: 1 }))
  await fleet.env.advance(20_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

async function copyOfWeb() {
  try {
    return await fleet.member('eu').get(deployments, web)
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

async function deleteBinding() {
  const [binding] = (await fleet.api.list(resourceBindingResource)).items
  await fleet.api.delete(resourceBindingResource, binding?.metadata ?? { name: 'none' })
}

describe('a namespace deleted on the hub', () => {
  test('takes copies along whose binding goes before the template, as the namespace controller may do it', async () => {
    await fleet.api.delete(namespaces, { name: 'shop' })
    await deleteBinding()
    await fleet.env.advance(120_000)
    await expect(fleet.api.get(deployments, web)).rejects.toMatchObject({ code: 'NotFound' })
    await expect(copyOfWeb()).resolves.toBeUndefined()
  })

  test('takes copies along whose template goes first', async () => {
    await fleet.api.delete(namespaces, { name: 'shop' })
    await fleet.env.advance(120_000)
    await expect(copyOfWeb()).resolves.toBeUndefined()
  })
})

describe('a namespace that stays', () => {
  test('keeps the copies whose binding alone is deleted', async () => {
    const before = await copyOfWeb()
    await deleteBinding()
    await fleet.env.advance(120_000)
    expect((await copyOfWeb())?.metadata.uid).toBe(before?.metadata.uid)
    expect(before).toBeDefined()
  })
})
