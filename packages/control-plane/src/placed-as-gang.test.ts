// Kinds of several components over whole members: each goes whole to where all of it has room.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { loadCel } from '@flotilla/machinery/cel/program'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import {
  configMaps,
  customResourceDefinitions,
  deployments,
  namespaces,
} from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

/** Each member has three nodes of four CPUs. */
const names = ['eu', 'us', 'ap'] as const
const rays: Resource = { group: 'ray.io', version: 'v1', plural: 'rayclusters', kind: 'RayCluster', namespaced: true }
const local = { namespace: 'local', name: 'local' }

await loadCel()

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(names)
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const api of [fleet.api, ...names.map((name) => fleet.member(name))]) {
    await api.create(customResourceDefinitions, aRayDefinition())
  }
  // Somebody's own work takes six of the twelve CPUs of eu, two on each node.
  const eu = fleet.member('eu')
  await eu.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'local' } })
  await eu.create(deployments, { ...ofCpus('local', 3, 2), metadata: local })
  await fleet.env.advance(90_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

function aRayDefinition(): KubeObject {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } }
  const versions = [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }]
  const spec = { group: 'ray.io', scope: 'Namespaced', names: { plural: 'rayclusters', kind: 'RayCluster' }, versions }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'rayclusters.ray.io' },
    spec,
  }
}

function pod(cpu: number, more: object = {}): object {
  return { spec: { containers: [{ name: 'ray', image: 'r', resources: { requests: { cpu: String(cpu) } }, ...more }] } }
}

/** A head of two CPUs and two workers of four, in one piece. */
function aRayCluster(name: string): KubeObject {
  const spec = {
    headGroupSpec: { template: pod(2, { envFrom: [{ configMapRef: { name: 'ray-settings' } }] }) },
    workerGroupSpecs: [{ groupName: 'workers', replicas: 2, template: pod(4) }],
  }
  return { apiVersion: 'ray.io/v1', kind: 'RayCluster', metadata: { namespace: 'shop', name }, spec }
}

function ofCpus(name: string, replicas: number, cpu: number): KubeObject {
  return aDeployment(name, { replicas, template: { metadata: { labels: { app: name } }, ...pod(cpu) } })
}

async function placeBy(replicaScheduling: object): Promise<void> {
  const spec = {
    resourceSelectors: [{ apiVersion: 'ray.io/v1', kind: 'RayCluster' }],
    placement: { replicaScheduling },
  }
  const metadata = { namespace: 'shop', name: 'rays' }
  await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata, spec })
}

async function create(...objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) await fleet.api.create(object.kind === 'ConfigMap' ? configMaps : rays, object)
  await fleet.env.advance(10_000)
}

async function on(resource: Resource): Promise<Readonly<Record<string, readonly string[]>>> {
  const held = names.map(async (name) => {
    const { items } = await fleet.member(name).list(resource, { namespace: 'shop' })
    return [name, items.map(({ metadata }) => metadata.name).filter((each) => each !== 'kube-root-ca.crt')] as const
  })
  return Object.fromEntries(await Promise.all(held))
}

/** As the operator of the members says it. */
async function becomeReady(): Promise<void> {
  for (const [member, held] of Object.entries(await on(rays))) {
    for (const name of held) {
      const patch = { status: { state: 'ready' } }
      const key = { namespace: 'shop', name }
      await fleet.member(member).patch(rays, key, { type: 'merge', patch }, { subresource: 'status' })
    }
  }
  await fleet.env.advance(5_000)
}

async function bindings(): Promise<readonly ResourceBinding[]> {
  return (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items
}

describe('a kind of several components', () => {
  const byRoom = { replicaSchedulingType: 'Divided', weightPreference: { dynamicWeight: 'AvailableReplicas' } }

  test('goes whole to a member that has room for all of it, with what its pods use', async () => {
    await placeBy(byRoom)
    await create(aConfigMap('ray-settings'), aRayCluster('one'))
    const held = await on(rays)
    expect(held['eu']).toEqual([])
    expect([...(held['us'] ?? []), ...(held['ap'] ?? [])]).toEqual(['one'])
    expect(await on(configMaps)).toEqual(
      Object.fromEntries(names.map((name) => [name, held[name]?.length === 1 ? ['ray-settings'] : []])),
    )
    const isReady = async () => (await bindings())[0]?.status?.conditions?.find(({ type }) => type === 'Ready')?.status
    expect(await isReady()).toBe('False')
    await becomeReady()
    expect(await isReady()).toBe('True')
  })

  test('is not promised room that another was just promised, and says what is missing', async () => {
    await placeBy(byRoom)
    await create(aRayCluster('one'), aRayCluster('three'), aRayCluster('two'))
    const held = await on(rays)
    expect(held['eu']).toEqual([])
    expect([held['us']?.length, held['ap']?.length]).toEqual([1, 1])
    const [waiting] = (await bindings()).flatMap(({ spec }) => spec.decision?.shortfall ?? [])
    expect(waiting?.missingReplicas).toBe(1)
    expect(waiting?.message).toContain('room for 1 more (1 head (cpu 2, pods 1) and 2 workers (cpu 4, pods 1) each)')
  })

  test('goes whole to each member where its policy duplicates', async () => {
    await placeBy({})
    await create(aRayCluster('one'))
    expect(await on(rays)).toEqual({ eu: ['one'], us: ['one'], ap: ['one'] })
  })

  test('moves as one: the old copy goes when the new one is well', async () => {
    const weights = (name: string) => ({
      replicaSchedulingType: 'Divided',
      weightPreference: { staticWeightList: [{ targetCluster: { clusterNames: [name] }, weight: 1 }] },
    })
    await placeBy(weights('us'))
    await create(aRayCluster('one'))
    expect(await on(rays)).toEqual({ eu: [], us: ['one'], ap: [] })
    const patch = { spec: { placement: { replicaScheduling: weights('ap') } } }
    await fleet.api.patch(propagationPolicyResource, { namespace: 'shop', name: 'rays' }, { type: 'merge', patch })
    await fleet.env.advance(30_000)
    expect(await on(rays)).toEqual({ eu: [], us: ['one'], ap: ['one'] })
    await becomeReady()
    await fleet.env.advance(30_000)
    expect(await on(rays)).toEqual({ eu: [], us: [], ap: ['one'] })
  })
})
