import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { clusterPropagationPolicyResource, propagationPolicyResource } from '@flotilla/api/propagation-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import {
  configMaps,
  deployments,
  namespaces,
  priorityClasses,
  services,
} from '@flotilla/machinery/well-known-resources'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestHub } from '../../test/test-hub.ts'
import type { TestHub } from '../../test/test-hub.ts'
import { createPolicyController } from './controller.ts'
import type { RunningController } from '@flotilla/runtime/controller'

let t: TestHub
let controller: RunningController

beforeEach(async () => {
  t = await startTestHub()
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  controller = startController(t.env, createPolicyController(t))
})
afterEach(async () => {
  await t.env.complete(controller.stop(), { limitMs: 60_000, what: 'the controller' })
  await t[Symbol.asyncDispose]()
})

const key = (name: string) => ({ namespace: 'shop', name })

function aDeployment(
  name: string,
  rest: Record<string, unknown> = {},
  labels: Record<string, string> = {},
): KubeObject {
  const podLabels = { app: name }
  const template = {
    metadata: { labels: podLabels },
    spec: { containers: [{ name: 'c', image: 'x:1', envFrom: [{ configMapRef: { name: 'settings' } }] }] },
  }
  const spec = { replicas: 4, selector: { matchLabels: podLabels }, template, ...rest }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...key(name), labels }, spec }
}

function aPolicy(name: string, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: key(name),
    spec: { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }], ...spec },
  }
}

const aPriorityClass = (name: string, value: number): KubeObject => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
})

const aConfigMap = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: key(name) })

async function bindings(): Promise<readonly ResourceBinding[]> {
  await t.env.advance(2_000)
  return (await t.api.list<ResourceBinding>(resourceBindingResource, { namespace: 'shop' })).items
}

async function theBinding(): Promise<ResourceBinding> {
  const [binding, ...others] = await bindings()
  expect(others).toEqual([])
  if (!binding) throw new Error('there is no binding')
  return binding
}

const followers = ({ spec }: ResourceBinding) => (spec.followers ?? []).map(({ ref }) => `${ref.kind}/${ref.name}`)

describe('createPolicyController()', () => {
  test('makes one binding, owned by the template, for each template that a policy selects', async () => {
    await t.api.create(propagationPolicyResource, aPolicy('all'))
    const web = await t.api.create(deployments, aDeployment('web'))
    const binding = await theBinding()
    expect(binding.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'web', uid: web.metadata.uid }])
    expect(binding.metadata.finalizers).toEqual(['flotilla.dev/binding'])
    expect(binding.spec.workloads).toMatchObject([{ ref: { name: 'web' }, components: [{ replicas: 4 }] }])
    expect(binding.spec.policy?.name).toBe('all')
  })

  test('finds templates that were there before the policy', async () => {
    await t.api.create(deployments, aDeployment('web'))
    expect(await bindings()).toEqual([])
    await t.api.create(propagationPolicyResource, aPolicy('all'))
    expect(await bindings()).toHaveLength(1)
  })

  test('follows replicas and a better policy, naming the one that lost', async () => {
    await t.api.create(propagationPolicyResource, aPolicy('all'))
    await t.api.create(deployments, aDeployment('web'))
    await theBinding()
    await t.api.patch(deployments, key('web'), { type: 'merge', patch: { spec: { replicas: 9 } } })
    await t.api.create(propagationPolicyResource, aPolicy('better', { priority: 5 }))
    const { spec } = await theBinding()
    expect(spec.workloads[0]?.components[0]?.replicas).toBe(9)
    expect([spec.policy?.name, spec.losingPolicies?.map((policy) => policy.name)]).toEqual(['better', ['all']])
  })

  test('follows the priority class that the policy names, and keeps its value when it goes', async () => {
    const priority = async () => (await theBinding()).spec.schedulePriority
    await t.api.create(propagationPolicyResource, aPolicy('all', { schedulePriority: { priorityClassName: 'gold' } }))
    await t.api.create(deployments, aDeployment('web'))
    expect(await priority()).toMatchObject({ priority: 0, problem: expect.stringContaining('gold does not exist') })
    await t.api.create(priorityClasses, aPriorityClass('gold', 1000))
    expect(await priority()).toEqual({ priority: 1000, priorityClassName: 'gold' })
    await t.api.delete(priorityClasses, { name: 'gold' })
    expect(await priority()).toMatchObject({ priority: 1000, problem: expect.stringContaining('gold does not exist') })
    await t.api.create(priorityClasses, aPriorityClass('gold', 50))
    expect(await priority()).toEqual({ priority: 50, priorityClassName: 'gold' })
    await t.api.patch(propagationPolicyResource, key('all'), {
      type: 'merge',
      patch: { spec: { schedulePriority: null } },
    })
    expect(await priority()).toBeUndefined()
  })

  test('follows the priority class that pods name, and the default one where they name none', async () => {
    const priority = async () => (await theBinding()).spec.schedulePriority
    const schedulePriority = { priorityClassSource: 'PodPriorityClass' }
    await t.api.create(priorityClasses, aPriorityClass('gold', 1000))
    await t.api.create(priorityClasses, aPriorityClass('silver', 10))
    await t.api.create(propagationPolicyResource, aPolicy('all', { schedulePriority }))
    await t.api.create(deployments, aDeployment('web'))
    expect(await priority()).toEqual({ priority: 0 })
    await t.api.patch(priorityClasses, { name: 'silver' }, { type: 'merge', patch: { globalDefault: true } })
    expect(await priority()).toEqual({ priority: 10, priorityClassName: 'silver' })
    const patch = { spec: { template: { spec: { priorityClassName: 'gold' } } } }
    await t.api.patch(deployments, key('web'), { type: 'merge', patch })
    expect(await priority()).toEqual({ priority: 1000, priorityClassName: 'gold' })
  })

  test('puts back a priority that somebody wrote into the binding', async () => {
    await t.api.create(priorityClasses, aPriorityClass('gold', 1000))
    await t.api.create(propagationPolicyResource, aPolicy('all', { schedulePriority: { priorityClassName: 'gold' } }))
    await t.api.create(deployments, aDeployment('web'))
    const { metadata } = await theBinding()
    const patch = { spec: { schedulePriority: { priority: 9, problem: 'none' } } }
    await t.api.patch(resourceBindingResource, metadata, { type: 'merge', patch })
    expect((await theBinding()).spec.schedulePriority).toEqual({ priority: 1000, priorityClassName: 'gold' })
  })

  test('lists followers as they come and go, and records a removal for one that goes', async () => {
    await t.api.create(propagationPolicyResource, aPolicy('all'))
    await t.api.create(deployments, aDeployment('web'))
    expect(followers(await theBinding())).toEqual([])
    const settings = await t.api.create(configMaps, aConfigMap('settings'))
    const service = { selector: { app: 'web' }, ports: [{ port: 80 }] }
    await t.api.create(services, { apiVersion: 'v1', kind: 'Service', metadata: key('web'), spec: service })
    const binding = await theBinding()
    expect(followers(binding)).toEqual(['ConfigMap/settings', 'Service/web'])

    const clusters = [{ name: 'eu', id: 'id-eu', replicas: 4 }]
    const explanation = { trigger: 'New', inputHash: 'x', feasible: 1, rejected: {}, clusters: [] }
    const decision = { forHash: 'x', clusters, explanation }
    await t.api.patch(resourceBindingResource, binding.metadata, { type: 'merge', patch: { spec: { decision } } })
    await t.api.patch(deployments, key('web'), {
      type: 'json',
      operations: [{ op: 'remove', path: '/spec/template/spec/containers/0/envFrom' }],
    })
    const { spec } = await theBinding()
    expect(spec.followers?.map(({ ref }) => ref.name)).toEqual(['web'])
    expect(spec.removals).toMatchObject([
      {
        cluster: 'eu',
        id: 'id-eu',
        object: { kind: 'ConfigMap', name: 'settings' },
        templateUID: settings.metadata.uid,
      },
    ])
  })

  test('sends nothing along where the policy says so', async () => {
    await t.api.create(configMaps, aConfigMap('settings'))
    await t.api.create(deployments, aDeployment('web'))
    await t.api.create(propagationPolicyResource, aPolicy('all', { propagateDeps: false }))
    expect(followers(await theBinding())).toEqual([])
  })

  test('leaves what is placed when the policy is deleted, and takes it up again under another', async () => {
    await t.api.create(deployments, aDeployment('web'))
    await t.api.create(propagationPolicyResource, aPolicy('all'))
    const before = await theBinding()
    await t.api.delete(propagationPolicyResource, key('all'))
    const after = await theBinding()
    expect(after.spec.policy).toBeUndefined()
    expect([after.metadata.uid, after.spec.workloads]).toEqual([before.metadata.uid, before.spec.workloads])
    await t.api.create(propagationPolicyResource, aPolicy('next'))
    expect((await theBinding()).spec.policy?.name).toBe('next')
  })

  test('tells the binding that copies are preserved, for as long as a policy says so and beyond its end', async () => {
    const preserved = async () => (await theBinding()).spec.preserveResourcesOnDeletion
    const edit = (spec: object) =>
      t.api.patch(propagationPolicyResource, key('all'), { type: 'merge', patch: { spec } })
    await t.api.create(deployments, aDeployment('web'))
    await t.api.create(propagationPolicyResource, aPolicy('all', { preserveResourcesOnDeletion: true }))
    expect(await preserved()).toBe(true)
    await edit({ preserveResourcesOnDeletion: false })
    expect(await preserved()).toBeUndefined()
    await edit({ preserveResourcesOnDeletion: true })
    await t.api.delete(propagationPolicyResource, key('all'))
    expect(await preserved()).toBe(true)
    await t.api.create(propagationPolicyResource, aPolicy('next'))
    expect(await preserved()).toBeUndefined()
  })

  test('marks the binding of a template that was deleted with --cascade=orphan, and ends it', async () => {
    await t.api.create(propagationPolicyResource, aPolicy('all'))
    await t.api.create(deployments, aDeployment('web'))
    const binding = await theBinding()
    await t.api.delete(deployments, key('web'), { propagationPolicy: 'Orphan' })
    // What the garbage collector does with dependents of an orphaning deletion.
    await t.api.patch(resourceBindingResource, binding.metadata, {
      type: 'merge',
      patch: { metadata: { ownerReferences: null } },
    })
    const after = await theBinding()
    expect(after.metadata.annotations).toMatchObject({ 'flotilla.dev/orphan': 'true' })
    expect(after.metadata.deletionTimestamp).toBeDefined()
  })

  test('gives cluster-scoped templates cluster-scoped bindings', async () => {
    const spec = { resourceSelectors: [{ apiVersion: 'v1', kind: 'Namespace', name: 'shop' }] }
    await t.api.create(clusterPropagationPolicyResource, {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'ClusterPropagationPolicy',
      metadata: { name: 'namespaces' },
      spec,
    })
    await t.env.advance(2_000)
    const { items } = await t.api.list(clusterResourceBindingResource)
    expect(items.map((item) => item.metadata.name)).toEqual([expect.stringMatching(/^namespace-shop-/)])
  })

  test('writes nothing when nothing changes', async () => {
    await t.api.create(propagationPolicyResource, aPolicy('all'))
    await t.api.create(deployments, aDeployment('web'))
    const before = await theBinding()
    await t.api.patch(deployments, key('web'), { type: 'merge', patch: { metadata: { annotations: { note: 'x' } } } })
    expect((await theBinding()).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })
})
