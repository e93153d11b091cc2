// A kind that the hub does not know, over whole members: read by the rules of an Interpreter.
import { apiVersion } from '@flotilla/api/group'
import { type Interpreter, type InterpreterSpec, interpreterResource } from '@flotilla/api/interpreter'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { loadCel } from '@flotilla/machinery/cel/program'
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { dictAt, valueAt } from '@flotilla/machinery/untyped'
import { configMaps, customResourceDefinitions, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

await loadCel()

const names = ['eu', 'us'] as const
const widgets: Resource = { group: 'example.com', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true }
const key = { namespace: 'shop', name: 'web' }

const rules: InterpreterSpec = {
  target: { group: 'example.com', kind: 'Widget' },
  replicas: { path: 'spec.size' },
  requirement: { path: 'spec.pod' },
  dependencies: { expression: '[{"kind": "ConfigMap", "name": object.spec.settings}]' },
  retain: { fields: ['spec.phaseOfMoon'] },
  health: { expression: 'object.status.ready == object.spec.size ? "Healthy" : "Progressing"' },
  status: { expression: '{"replicas": object.spec.size, "readyReplicas": object.status.ready}' },
  aggregation: {
    expression: '{"ready": copies.map(c, has(c.status.readyReplicas) ? c.status.readyReplicas : 0).sum()}',
  },
}

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(names)
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const api of [fleet.api, ...names.map((name) => fleet.member(name))]) {
    await api.create(customResourceDefinitions, aDefinition())
  }
  await fleet.env.advance(90_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

function aDefinition(): KubeObject {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } }
  const versions = [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }]
  const spec = { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions }
  const metadata = { name: 'widgets.example.com' }
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata, spec }
}

async function interpretBy(spec: InterpreterSpec, name = 'widgets'): Promise<void> {
  await fleet.api.create(interpreterResource, { apiVersion, kind: 'Interpreter', metadata: { name }, spec })
  await fleet.env.advance(5_000)
}

async function change(patch: Partial<Record<keyof InterpreterSpec, unknown>>): Promise<void> {
  await fleet.api.patch(interpreterResource, { name: 'widgets' }, { type: 'merge', patch: { spec: patch } })
  await fleet.env.advance(5_000)
}

/** Six replicas, a ConfigMap that a rule names and a Secretless pod; evenly over the members. */
async function placeWidget(spec: object = {}): Promise<void> {
  const policy = {
    resourceSelectors: [{ apiVersion: 'example.com/v1', kind: 'Widget' }],
    placement: { replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Weighted' } },
  }
  const metadata = { namespace: 'shop', name: 'widgets' }
  await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata, spec: policy })
  await fleet.api.create(configMaps, aConfigMap('settings'))
  const pod = { spec: { containers: [{ name: 'a', image: 'a', resources: { requests: { cpu: '1' } } }] } }
  await fleet.api.create(widgets, {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: key,
    spec: { size: 6, settings: 'settings', phaseOfMoon: 'new', pod, ...spec },
  })
  await fleet.env.advance(10_000)
}

async function copy(member: string): Promise<KubeObject | undefined> {
  return fleet
    .member(member)
    .get(widgets, key)
    .catch((error: unknown) => {
      if (isError(error, 'NotFound')) return undefined
      throw error
    })
}

async function specs(field: string): Promise<readonly unknown[]> {
  return Promise.all(names.map(async (name) => valueAt(await copy(name), 'spec', field)))
}

async function setStatus(status: object, members: readonly string[] = names): Promise<void> {
  for (const name of members) {
    await fleet.member(name).patch(widgets, key, { type: 'merge', patch: { status } }, { subresource: 'status' })
  }
  await fleet.env.advance(5_000)
}

async function binding(): Promise<ResourceBinding> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  if (!items[0]) throw new Error('there is no binding')
  return items[0]
}

async function condition(type: string) {
  const { status } = await fleet.api.get<Interpreter>(interpreterResource, { name: 'widgets' })
  return status?.conditions?.find((each) => each.type === type)
}

async function settings(): Promise<readonly boolean[]> {
  return Promise.all(
    names.map(async (name) => {
      const { items } = await fleet.member(name).list(configMaps, { namespace: 'shop' })
      return items.some(({ metadata }) => metadata.name === 'settings')
    }),
  )
}

describe('an Interpreter', () => {
  test('has replicas divided, pods counted, followers sent, and status told of all copies', async () => {
    await interpretBy(rules)
    await placeWidget()
    expect(await specs('size')).toEqual([3, 3])
    const { spec } = await binding()
    expect(spec.workloads[0]?.components).toEqual([
      { name: '', replicas: 6, replicaRequirements: { resourceRequest: { cpu: '1' } } },
    ])
    expect(await settings()).toEqual([true, true])
    await setStatus({ ready: 3 }, ['eu'])
    await setStatus({ ready: 1 }, ['us'])
    const { status } = await binding()
    expect(status?.clusters?.map(({ health, replicas, readyReplicas }) => [health, replicas, readyReplicas])).toEqual([
      ['Healthy', 3, 3],
      ['Progressing', 3, 1],
    ])
    expect(dictAt(await fleet.api.get(widgets, key), 'status')).toEqual({ ready: 4 })
    expect((await condition('Working'))?.status).toBe('True')
    expect((await condition('InForce'))?.status).toBe('True')
  })

  test('that comes later, or is changed, has everything read anew', async () => {
    await placeWidget()
    expect(await specs('size')).toEqual([6, 6])
    await interpretBy(rules)
    expect(await specs('size')).toEqual([3, 3])
    await setStatus({ ready: 3 })
    const healths = async () => (await binding()).status?.clusters?.map(({ health }) => health)
    expect(await healths()).toEqual(['Healthy', 'Healthy'])
    await change({
      health: { expression: '{"state": "Degraded", "message": "the moon is " + object.spec.phaseOfMoon}' },
    })
    expect(await healths()).toEqual(['Degraded', 'Degraded'])
    expect((await binding()).status?.clusters?.[0]?.message).toBe('the moon is new')
  })

  test('whose rules fail takes nothing away, calls nothing healthy, and says so', async () => {
    await interpretBy(rules)
    await placeWidget()
    await setStatus({ ready: 3 })
    const before = (await binding()).spec
    await change({
      replicas: { path: null, expression: 'object.spec.count' },
      revise: { expression: '{"spec": {"size": replicas}}' },
      dependencies: { expression: 'object.spec.none' },
      health: { expression: '"Fine"' },
      aggregation: { expression: 'copies[7].status' },
    })
    await fleet.env.advance(30_000)
    const after = await binding()
    expect(after.spec.workloads).toEqual(before.workloads)
    expect(after.spec.followers).toEqual(before.followers)
    expect(after.spec.removals ?? []).toEqual([])
    expect(await specs('size')).toEqual([3, 3])
    expect(await settings()).toEqual([true, true])
    expect(after.status?.clusters?.map(({ health }) => health)).toEqual(['Unknown', 'Unknown'])
    expect(dictAt(await fleet.api.get(widgets, key), 'status')).toEqual({ ready: 6 })
    const working = await condition('Working')
    expect([working?.status, working?.reason]).toEqual(['False', 'RuleFailed'])
    expect(working?.message).toMatch(/^Rule \w+ of Interpreter widgets failed: .*; for Widget shop\/web on .* more$/)
    await change({ ...rules, replicas: { path: 'spec.size', expression: null }, revise: null })
    expect((await condition('Working'))?.status).toBe('True')
    expect((await binding()).status?.clusters?.map(({ health }) => health)).toEqual(['Healthy', 'Healthy'])
  })

  test('whose rule of replicas fails keeps new objects from being placed anywhere', async () => {
    await interpretBy({ ...rules, replicas: { expression: 'object.spec.count' }, revise: { expression: '{}' } })
    await placeWidget()
    expect((await fleet.api.list(resourceBindingResource)).items).toEqual([])
    expect(await specs('size')).toEqual([undefined, undefined])
  })

  test('leaves to members the fields that they retain, and corrects the others', async () => {
    await interpretBy(rules)
    await placeWidget()
    const patch = { spec: { phaseOfMoon: 'full', settings: 'other' } }
    await fleet.member('eu').patch(widgets, key, { type: 'merge', patch }, { fieldManager: 'operator' })
    await fleet.env.advance(10_000)
    expect(await specs('phaseOfMoon')).toEqual(['full', 'new'])
    expect(await specs('settings')).toEqual(['settings', 'settings'])
  })

  test('that knows when an object has run to its end keeps it from running again, also after a restart', async () => {
    const completion = { expression: 'has(object.status) && has(object.status.phase) && object.status.phase == "Done"' }
    await interpretBy({ target: rules.target, completion })
    await placeWidget()
    expect((await binding()).status?.clusters?.map(({ health }) => health)).toEqual(['Progressing', 'Progressing'])
    await setStatus({ phase: 'Done' })
    expect((await binding()).status?.clusters?.map(({ health }) => health)).toEqual(['Healthy', 'Healthy'])
    expect((await binding()).spec.workloads[0]?.runsToCompletion).toBe(true)
    await fleet.member('eu').delete(widgets, key)
    await fleet.env.advance(20_000)
    expect(await copy('eu')).toBeUndefined()
    await fleet.restart()
    await fleet.env.advance(60_000)
    expect(await copy('eu')).toBeUndefined()
    expect(await copy('us')).toBeDefined()
  })

  test('holds after a restart as before: nothing is written', async () => {
    await interpretBy(rules)
    await placeWidget()
    await setStatus({ ready: 3 })
    const versions = async () => Promise.all(names.map(async (name) => (await copy(name))?.metadata.resourceVersion))
    const before = { versions: await versions(), binding: await binding() }
    await fleet.restart()
    await fleet.env.advance(60_000)
    expect(await versions()).toEqual(before.versions)
    expect((await binding()).spec).toEqual(before.binding.spec)
    expect((await binding()).status).toEqual(before.binding.status)
  })

  test('forgets failures of what has gone', async () => {
    await interpretBy({ ...rules, health: { expression: 'object.none' }, dependencies: { expression: 'object.none' } })
    await placeWidget()
    expect((await condition('Working'))?.message).toContain('for Widget shop/web on ')
    await fleet.api.delete(widgets, key)
    await fleet.env.advance(30_000)
    expect(await copy('eu')).toBeUndefined()
    expect((await condition('Working'))?.status).toBe('True')
  })

  test('that comes second by name says which of its rules do not count', async () => {
    await interpretBy({ target: rules.target, health: { expression: '"Healthy"' } }, 'a-widgets')
    await interpretBy(rules)
    const inForce = await condition('InForce')
    expect([inForce?.status, inForce?.message]).toEqual([
      'False',
      'Said by one that comes first by name: health by Interpreter a-widgets',
    ])
    await fleet.api.delete(interpreterResource, { name: 'a-widgets' })
    await fleet.env.advance(5_000)
    expect((await condition('InForce'))?.status).toBe('True')
  })
})
