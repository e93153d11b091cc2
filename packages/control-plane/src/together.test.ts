// schedulingUnit Together over whole members: all that a policy selects goes whole to the same members, and changing
// what is one piece takes nothing away before what replaces it is there.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces, statefulSets } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

/** Each member has three nodes of four CPUs. */
const names = ['eu', 'us', 'ap'] as const
const policyKey = { namespace: 'shop', name: 'shop' }
const byRoom = { replicaSchedulingType: 'Divided', weightPreference: { dynamicWeight: 'AvailableReplicas' } }

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(names, { podStartMs: 3_000 })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.env.advance(70_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

function ofCpus(name: string, replicas: number, cpu: number, more: object = {}): KubeObject {
  const container = { name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu: String(cpu) } }, ...more }
  return aDeployment(name, {
    replicas,
    template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
  })
}

const web = () => labelled(ofCpus('web', 3, 1, { envFrom: [{ configMapRef: { name: 'settings' } }] }))
const store = () => labelled(ofCpus('store', 2, 2))

/** Rules between workloads go by labels of templates. */
function labelled(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { app: object.metadata.name } } }
}

async function placeBy(replicaScheduling: object, schedulingUnit = 'Together'): Promise<void> {
  const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'Deployment' }]
  const spec = { resourceSelectors, schedulingUnit, placement: { replicaScheduling } }
  await fleet.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: policyKey,
    spec,
  })
}

async function change(spec: object, waitMs = 60_000): Promise<void> {
  await fleet.api.patch(propagationPolicyResource, policyKey, { type: 'merge', patch: { spec } })
  await fleet.env.advance(waitMs)
}

async function create(...objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) await fleet.api.create(object.kind === 'ConfigMap' ? configMaps : deployments, object)
  await fleet.env.advance(15_000)
}

/** Of every member: ready replicas by Deployment. */
async function ready(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  const held = names.map(async (name) => {
    const { items } = await fleet.member(name).list(deployments, { namespace: 'shop' })
    const counts = items.map((each) => [each.metadata.name, Number(valueAt(each, 'status', 'readyReplicas') ?? 0)])
    return [name, Object.fromEntries(counts) as Record<string, number>] as const
  })
  return Object.fromEntries(await Promise.all(held))
}

async function uids(): Promise<readonly string[]> {
  const all = await Promise.all(names.map((name) => fleet.member(name).list(deployments, { namespace: 'shop' })))
  return all.flatMap(({ items }) => items.map(({ metadata }) => metadata.uid ?? '')).sort()
}

async function totals(): Promise<Readonly<Record<string, number>>> {
  const sums: Record<string, number> = { web: 0, store: 0 }
  for (const counts of Object.values(await ready())) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  }
  return sums
}

async function bindings(): Promise<readonly ResourceBinding[]> {
  return (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items
}

/** Fails when fewer are ready than are wanted at any moment of the time. */
async function watching(totalMs: number): Promise<void> {
  for (let passed = 0; passed < totalMs; passed += 100) {
    await fleet.env.advance(100)
    const { web: webs = 0, store: stores = 0 } = await totals()
    expect([webs >= 3, stores >= 2]).toEqual([true, true])
  }
}

const whole = { store: 2, web: 3 }

describe('a group of workloads', () => {
  test('goes whole to one member with what follows any of them, by one binding that all of them own', async () => {
    await placeBy(byRoom)
    await create(aConfigMap('settings'), web(), store())
    const held = await ready()
    expect(Object.values(held).filter((each) => Object.keys(each).length > 0)).toEqual([whole])
    const [binding, ...others] = await bindings()
    expect(others).toEqual([])
    expect(binding?.metadata.ownerReferences?.map(({ name }) => name).sort()).toEqual(['store', 'web'])
    expect(binding?.spec.followers?.map(({ ref }) => ref.name)).toEqual(['settings'])
    expect(binding?.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  })

  test('goes whole to every member where its policy duplicates', async () => {
    await placeBy({})
    await create(web(), store())
    expect(await ready()).toEqual({ eu: whole, us: whole, ap: whole })
  })

  test('is nowhere where no member has room for all of it', async () => {
    await placeBy(byRoom)
    await create(ofCpus('web', 3, 1), ofCpus('store', 9, 2))
    expect(await ready()).toEqual({ eu: {}, us: {}, ap: {} })
    const [binding] = await bindings()
    expect(binding?.spec.decision?.shortfall?.message).toContain('9 store (cpu 2, pods 1) and 3 web (cpu 1, pods 1)')
  })

  test('stays where it is when a workload joins it, which goes there too', async () => {
    await placeBy(byRoom)
    await create(web())
    const before = await uids()
    await create(store())
    expect(Object.values(await ready()).filter((each) => Object.keys(each).length > 0)).toEqual([whole])
    expect(await uids()).toEqual(expect.arrayContaining([...before]))
    expect(await bindings()).toHaveLength(1)
  })

  test('goes on without a workload that is deleted, whose copies go', async () => {
    await placeBy({})
    await create(web(), store())
    await fleet.api.delete(deployments, { namespace: 'shop', name: 'web' })
    await fleet.env.advance(15_000)
    expect(await ready()).toEqual({ eu: { store: 2 }, us: { store: 2 }, ap: { store: 2 } })
    await fleet.api.delete(deployments, { namespace: 'shop', name: 'store' })
    await fleet.env.advance(15_000)
    expect(await ready()).toEqual({ eu: {}, us: {}, ap: {} })
    expect(await bindings()).toEqual([])
  })

  test('leaves the copies of a workload that is deleted with its dependents orphaned', async () => {
    await placeBy({})
    await create(web(), store())
    const before = await uids()
    const key = { namespace: 'shop', name: 'web' }
    await fleet.api.delete(deployments, key, { propagationPolicy: 'Orphan' })
    await fleet.env.advance(30_000)
    expect(await uids()).toEqual(before)
    const copy = await fleet.member('eu').get(deployments, key)
    expect(copy.metadata.labels?.['flotilla.dev/hub']).toBeUndefined()
  })

  test('stays where it is when its policy is deleted', async () => {
    await placeBy({})
    await create(web(), store())
    const before = await uids()
    await fleet.api.delete(propagationPolicyResource, policyKey)
    await fleet.env.advance(60_000)
    expect(await uids()).toEqual(before)
    expect((await bindings())[0]?.status?.conditions?.find(({ type }) => type === 'Scheduled')?.reason).toBe(
      'PolicyMissing',
    )
  })

  test('is made of workloads of their own, and given back to them, without a copy going or coming', async () => {
    await placeBy({}, 'Workload')
    await create(web(), store())
    const before = await uids()
    await change({ schedulingUnit: 'Together' })
    expect((await bindings()).map(({ spec }) => spec.workloads.length)).toEqual([2])
    expect(await uids()).toEqual(before)
    await change({ schedulingUnit: 'Workload' })
    expect((await bindings()).map(({ spec }) => spec.workloads.length)).toEqual([1, 1])
    expect(await uids()).toEqual(before)
    expect(await ready()).toEqual({ eu: whole, us: whole, ap: whole })
  })

  test('never has fewer ready than are wanted while divided workloads become one piece and are divided again', async () => {
    const evenly = { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Weighted' }
    await placeBy(evenly, 'Workload')
    await create(web(), store())
    expect(await totals()).toEqual({ web: 3, store: 2 })
    await change({ schedulingUnit: 'Together' }, 0)
    await watching(20_000)
    await fleet.env.advance(60_000)
    expect(Object.values(await ready()).filter((each) => Object.keys(each).length > 0)).toEqual([whole])
    expect(await bindings()).toHaveLength(1)
    await change({ schedulingUnit: 'Workload' }, 0)
    await watching(20_000)
    await fleet.env.advance(60_000)
    expect(await totals()).toEqual({ web: 3, store: 2 })
    expect((await bindings()).map(({ spec }) => spec.workloads.length)).toEqual([1, 1])
  })

  test('that becomes one piece while all controllers end in between loses nothing', async () => {
    await placeBy({ replicaSchedulingType: 'Divided' }, 'Workload')
    await create(web(), store())
    for (const [unit, waitMs] of [
      ['Together', 700],
      ['Together', 1_900],
      ['Workload', 700],
      ['Workload', 1_900],
    ] as const) {
      await change({ schedulingUnit: unit }, waitMs)
      await fleet.restart()
      const { web: webs = 0, store: stores = 0 } = await totals()
      expect([webs >= 3, stores >= 2]).toEqual([true, true])
    }
    await fleet.env.advance(120_000)
    expect(await totals()).toEqual({ web: 3, store: 2 })
    expect((await bindings()).map(({ spec }) => spec.workloads.length)).toEqual([1, 1])
  })

  test('that becomes one piece loses nothing when the bindings that it follows are deleted by hand before it is ready', async () => {
    await placeBy({ replicaSchedulingType: 'Divided' }, 'Workload')
    await create(web(), store())
    const singles = await bindings()
    await change({ schedulingUnit: 'Together' }, 0)
    for (const { metadata } of singles) await fleet.api.delete(resourceBindingResource, metadata)
    await watching(20_000)
    await fleet.env.advance(60_000)
    expect(Object.values(await ready()).filter((each) => Object.keys(each).length > 0)).toEqual([whole])
    expect((await bindings()).map(({ spec }) => spec.workloads.length)).toEqual([2])
  })

  test('goes on where it is when its binding is deleted by hand', async () => {
    await placeBy({})
    await create(web(), store())
    const before = await uids()
    const [binding] = await bindings()
    if (binding) await fleet.api.delete(resourceBindingResource, binding.metadata)
    await fleet.env.advance(60_000)
    expect(await uids()).toEqual(before)
    expect((await bindings()).map(({ spec }) => spec.workloads.length)).toEqual([2])
  })

  test('keeps others away that may be beside none of its workloads', async () => {
    const on = (name: string) => ({
      replicaSchedulingType: 'Divided',
      weightPreference: { staticWeightList: [{ targetCluster: { clusterNames: [name] }, weight: 1 }] },
    })
    await placeBy(on('us'))
    await create(web(), store())
    const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'StatefulSet' }]
    const workloadAffinity = { antiAffinity: { labelSelector: { matchLabels: { app: 'web' } } } }
    const spec = { resourceSelectors, placement: { workloadAffinity } }
    const metadata = { namespace: 'shop', name: 'guards' }
    await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata, spec })
    await fleet.api.create(statefulSets, { ...ofCpus('guard', 1, 1), kind: 'StatefulSet' })
    await fleet.env.advance(15_000)
    const guards = await Promise.all(names.map((name) => fleet.member(name).list(statefulSets, { namespace: 'shop' })))
    expect(guards.map(({ items }) => items.length)).toEqual([1, 0, 1])
  })

  test('takes in a workload that had a place of its own, and lets one go, each when it is ready where it is to be', async () => {
    const on = (name: string) => ({
      replicaSchedulingType: 'Divided',
      weightPreference: { staticWeightList: [{ targetCluster: { clusterNames: [name] }, weight: 1 }] },
    })
    await placeBy(on('us'))
    const labelSelector = { matchLabels: { alone: 'yes' } }
    const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'Deployment', labelSelector }]
    const spec = { resourceSelectors, priority: 9, placement: { replicaScheduling: on('eu') } }
    const metadata = { namespace: 'shop', name: 'alone' }
    await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata, spec })
    const alone = web()
    const labels = { ...alone.metadata.labels, alone: 'yes' }
    await create({ ...alone, metadata: { ...alone.metadata, labels } }, store())
    expect(await ready()).toEqual({ eu: { web: 3 }, us: { store: 2 }, ap: {} })
    for (const [label, want] of [
      [null, { eu: {}, us: whole, ap: {} }],
      ['yes', { eu: { web: 3 }, us: { store: 2 }, ap: {} }],
    ] as const) {
      const patch = { metadata: { labels: { alone: label } } }
      await fleet.api.patch(deployments, { namespace: 'shop', name: 'web' }, { type: 'merge', patch })
      await watching(20_000)
      await fleet.env.advance(30_000)
      expect(await ready()).toEqual(want)
    }
  })

  test('moves as one: nothing of it leaves a member before all of it is ready on another', async () => {
    const on = (name: string) => ({
      replicaSchedulingType: 'Divided',
      weightPreference: { staticWeightList: [{ targetCluster: { clusterNames: [name] }, weight: 1 }] },
    })
    await placeBy(on('us'))
    await create(web(), store())
    expect(await ready()).toEqual({ eu: {}, us: whole, ap: {} })
    await change({ placement: { replicaScheduling: on('ap') } }, 0)
    await watching(15_000)
    expect(await ready()).toEqual({ eu: {}, us: {}, ap: whole })
  })
})
