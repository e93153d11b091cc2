// Compliance over whole members: only what the hub clears is used, and what a member says only narrows it, unless the
// hub leaves it to the member.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { customResourceDefinitions, deployments, namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'
import { clusterProperties } from './cluster/inventory/read-properties.ts'

const names = ['eu', 'us', 'ap'] as const
const label = 'certification.flotilla.dev/pci'
const topic = 'certification.flotilla.dev'

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(names)
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
})
afterEach(() => fleet[Symbol.asyncDispose]())

const aPolicy: KubeObject = {
  apiVersion,
  kind: 'PropagationPolicy',
  metadata: { namespace: 'shop', name: 'web' },
  spec: {
    resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
    placement: { compliance: { certifications: ['pci'] }, replicaScheduling: { replicaSchedulingType: 'Divided' } },
  },
}

async function place(replicas: number): Promise<void> {
  await fleet.api.create(propagationPolicyResource, aPolicy)
  await fleet.api.create(deployments, aDeployment('web', { replicas }))
  await fleet.env.advance(30_000)
}

async function scale(replicas: number): Promise<void> {
  const patch = { spec: { replicas } }
  await fleet.api.patch(deployments, { namespace: 'shop', name: 'web' }, { type: 'merge', patch })
  await fleet.env.advance(30_000)
}

/** `null` takes the label off. */
async function clear(name: string, value: string | null): Promise<void> {
  await fleet.api.patch(
    clusterResource,
    { name },
    { type: 'merge', patch: { metadata: { labels: { [label]: value } } } },
  )
}

/** Has the member say what it is certified for. */
async function report(name: string, value: string): Promise<void> {
  const member = fleet.member(name)
  const versions = [{ name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema: propertySchema } }]
  const { group, plural, kind } = clusterProperties
  await member.create(customResourceDefinitions, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Cluster', names: { plural, kind, singular: 'clusterproperty' }, versions },
  })
  await fleet.env.advance(5_000)
  await member.create(clusterProperties, {
    apiVersion: `${group}/v1alpha1`,
    kind,
    metadata: { name: topic },
    spec: { value },
  })
  await fleet.env.advance(90_000)
}

const propertySchema = {
  type: 'object',
  properties: { spec: { type: 'object', properties: { value: { type: 'string' } } } },
}

/** Makes reads of ClusterProperties fail. */
async function hide(name: string, code: 'Forbidden' | 'Timeout' | 'NotFound'): Promise<void> {
  Object.assign(fleet.lies[name] ?? {}, {
    refuses: (resource: { plural: string } | undefined) =>
      resource?.plural === clusterProperties.plural ? new FlotillaError(code, 'Cannot get it') : undefined,
  })
  await fleet.env.advance(90_000)
}

/** Pods of the workload, by member. */
const podsEverywhere = async () => {
  const lists = await Promise.all(names.map((name) => fleet.member(name).list(pods, { namespace: 'shop' })))
  return lists.map(({ items }, index) => `${names[index]}: ${items.length}`)
}

async function shortfall(): Promise<string | undefined> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  return items[0]?.spec.decision?.shortfall?.message
}

describe('compliance', () => {
  test('uses only clusters that the hub clears, and leaves one that it no longer clears once others have all', async () => {
    await clear('eu', 'true')
    await clear('us', 'true')
    await place(4)
    expect(await podsEverywhere()).toEqual(['eu: 2', 'us: 2', 'ap: 0'])
    await clear('us', null)
    await fleet.env.advance(30_000)
    expect(await podsEverywhere()).toEqual(['eu: 4', 'us: 0', 'ap: 0'])
  })

  test('is nothing that a member can claim for itself', async () => {
    await clear('eu', 'true')
    await report('us', 'pci')
    await place(4)
    expect(await podsEverywhere()).toEqual(['eu: 4', 'us: 0', 'ap: 0'])
  })

  test('adds nothing to a member that says otherwise than the hub, and evicts nothing', async () => {
    await clear('eu', 'true')
    await clear('us', 'true')
    await place(4)
    await report('us', 'iso27001')
    expect(await podsEverywhere()).toEqual(['eu: 2', 'us: 2', 'ap: 0'])
    expect(await shortfall()).toContain('us still has 2: it is not certified for pci')
    await scale(8)
    expect(await podsEverywhere()).toEqual(['eu: 6', 'us: 2', 'ap: 0'])
  })

  test.each(['Forbidden', 'Timeout', 'NotFound'] as const)(
    'evicts nothing, and adds nothing, while what a member reports cannot be read: %s',
    async (code) => {
      await clear('eu', 'true')
      await clear('us', 'reported')
      await report('us', 'iso27001, pci')
      await place(4)
      expect(await podsEverywhere()).toEqual(['eu: 2', 'us: 2', 'ap: 0'])
      await hide('us', code)
      expect(await podsEverywhere()).toEqual(['eu: 2', 'us: 2', 'ap: 0'])
      await scale(8)
      expect(await podsEverywhere()).toEqual(['eu: 6', 'us: 2', 'ap: 0'])
      Object.assign(fleet.lies['us'] ?? {}, { refuses: undefined })
      await fleet.env.advance(90_000)
      expect(await podsEverywhere()).toEqual(['eu: 4', 'us: 4', 'ap: 0'])
    },
  )

  test('goes by what a member reports only as long as the property is there', async () => {
    await clear('eu', 'true')
    await clear('us', 'reported')
    await report('us', 'pci')
    await fleet.member('us').delete(clusterProperties, { name: topic })
    await fleet.env.advance(90_000)
    await place(4)
    expect(await podsEverywhere()).toEqual(['eu: 4', 'us: 0', 'ap: 0'])
  })
})

test('readProperties() keeps what is listed within bounds', async () => {
  const many = Array.from({ length: 100 }, (_, index) => `c${String(index).padStart(3, '0')}`)
  await report('eu', [...many, 'x'.repeat(64), ' pci ', ''].join(','))
  const { status } = await fleet.api.get<Cluster>(clusterResource, { name: 'eu' })
  expect(status?.properties).toEqual([{ name: topic, values: many.slice(0, 64) }])
})
