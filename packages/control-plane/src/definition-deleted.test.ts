// Deleting a CustomResourceDefinition on the hub leaves copies on members where they are, whatever comes next and however
// long it takes.
import { apiVersion } from '@flotilla/api/group'
import { clusterPropagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import { customResourceDefinitions, namespaces } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aToy, aToyDefinition, toys } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'

const bear = { namespace: 'shop', name: 'bear' }

async function setUp(finalizers: readonly string[]) {
  const fleet = await startWholeFleet(['eu'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.api.create(customResourceDefinitions, aToyDefinition())
  await fleet.member('eu').create(customResourceDefinitions, aToyDefinition())
  const spec = { resourceSelectors: [{ apiVersion: 'toys.io/v1', kind: 'Toy' }] }
  const policy = { apiVersion, kind: 'ClusterPropagationPolicy', metadata: { name: 'toys' }, spec }
  await fleet.api.create(clusterPropagationPolicyResource, policy)
  await fleet.api.create(toys, aToy('bear'))
  const other = aToy('other')
  await fleet.api.create(toys, { ...other, metadata: { ...other.metadata, finalizers } })
  await fleet.env.advance(120_000)
  expect(await fleet.member('eu').get(toys, bear)).toBeDefined()
  return fleet
}

describe('copies stay when the hub loses a CustomResourceDefinition', () => {
  test('that goes at once', async () => {
    await using fleet = await setUp([])
    await fleet.api.delete(customResourceDefinitions, { name: 'toys.toys.io' })
    await fleet.env.advance(60_000)
    expect(await fleet.member('eu').get(toys, bear)).toBeDefined()
  })

  test('that stays for the finalizer of one of its objects', async () => {
    await using fleet = await setUp(['example.com/slow'])
    await fleet.api.delete(customResourceDefinitions, { name: 'toys.toys.io' })
    await fleet.env.advance(60_000)
    expect(await fleet.member('eu').get(toys, bear)).toBeDefined()
  })

  test('that is put back before its objects are', async () => {
    await using fleet = await setUp([])
    await fleet.api.delete(customResourceDefinitions, { name: 'toys.toys.io' })
    await fleet.env.advance(60_000)
    await fleet.api.create(customResourceDefinitions, aToyDefinition())
    await fleet.env.advance(5_000)
    // Whatever touches the bindings has the garbage collector look at them again; so does a restart.
    for (const { metadata } of (await fleet.api.list(resourceBindingResource)).items) {
      const patch = { metadata: { annotations: { touched: 'yes' } } }
      await fleet.api.patch(resourceBindingResource, metadata, { type: 'merge', patch })
    }
    await fleet.env.advance(60_000)
    expect(await fleet.member('eu').get(toys, bear)).toBeDefined()
  })

  test('but go with a template that was deleted while its definition stayed', async () => {
    await using fleet = await setUp([])
    await fleet.api.delete(toys, bear)
    await fleet.env.advance(60_000)
    await expect(fleet.member('eu').get(toys, bear)).rejects.toMatchObject({ code: 'NotFound' })
  })
})
