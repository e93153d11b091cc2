// Failover over whole fleets: what is lost is replaced before anything goes, and comes back when that is safe.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { freezeName, orderAnnotation } from '@flotilla/api/failover'
import { systemNamespace } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { afterEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../../test/test-fleet.ts'
import { aWeightedPolicy } from '../../test/weighted-policy.ts'
import { startWholeFleet, type WholeFleet } from '../../test/whole-fleet.ts'

let fleet: WholeFleet
afterEach(() => fleet[Symbol.asyncDispose]())

const minute = 60_000
const web = { namespace: 'shop', name: 'web' }

async function start(names: readonly string[] = ['eu', 'us', 'ap']): Promise<void> {
  fleet = await startWholeFleet(names, { podStartMs: 2_000 })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.env.advance(minute)
}

async function place(weights: Readonly<Record<string, number>>, replicas: number, more: object = {}): Promise<void> {
  const policy = aWeightedPolicy(weights)
  await fleet.api.create(propagationPolicyResource, { ...policy, spec: { ...(policy['spec'] as object), ...more } })
  await fleet.api.create(deployments, aDeployment('web', { replicas }))
  await fleet.env.advance(20_000)
}

const faults = (name: string) => fleet.members.get(name)?.faults

async function cluster(name: string): Promise<Cluster> {
  return fleet.api.get<Cluster>(clusterResource, { name })
}

async function failover(name: string): Promise<string> {
  const { status } = await cluster(name)
  const condition = status?.conditions?.find(({ type }) => type === 'Failover')
  return condition ? `${condition.reason}: ${condition.message}` : 'nothing'
}

async function binding(): Promise<ResourceBinding> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  return items.find(({ spec }) => spec.workloads[0]?.ref.name === 'web') as ResourceBinding
}

async function readyOn(name: string): Promise<number> {
  const { items } = await fleet.member(name).list(pods, { namespace: 'shop' })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  return items.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length
}

const readyEverywhere = () => Promise.all([...fleet.members.keys()].map(readyOn))

/** The fewest that were ready at once within `ms` on clusters that `counts`. */
async function fewestReady(ms: number, counts: (name: string) => boolean = () => true): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY
  for (let passed = 0; passed < ms; passed += 250) {
    await fleet.env.advance(250)
    const ready = await Promise.all([...fleet.members.keys()].filter(counts).map(readyOn))
    fewest = Math.min(
      fewest,
      ready.reduce((sum, count) => sum + count, 0),
    )
  }
  return fewest
}

describe('failover', () => {
  test('replaces what a lost cluster runs, removes the old copies only then, and gives them back after 30 minutes', async () => {
    await start()
    await place({ eu: 1, us: 1, ap: 1 }, 9)
    expect(await readyEverywhere()).toEqual([3, 3, 3])
    faults('eu')?.stop()
    await fleet.env.advance(25_000)
    expect((await cluster('eu')).status?.health?.state).toBe('Unreachable')
    expect((await binding()).spec.evictions).toBeUndefined()
    await fleet.env.advance(20_000)
    expect((await cluster('eu')).status?.health?.state).toBe('Failed')
    expect((await readyEverywhere()).slice(1).reduce((sum, count) => sum + count, 0)).toBe(9)
    expect((await binding()).spec.evictions).toMatchObject([{ cluster: 'eu', reason: 'ClusterFailed', graceSeconds: 600 }])
    expect(await failover('eu')).toMatch(/^Moved: 1 workload has been moved/)
    // The cluster runs on, cut off.
    expect(await readyOn('eu')).toBe(3)
    faults('eu')?.start()
    expect(await fewestReady(minute)).toBe(9)
    expect(await readyOn('eu')).toBe(0)
    expect((await cluster('eu')).status?.health?.state).toBe('Healthy')
    await fleet.env.advance(28 * minute)
    expect(await readyOn('eu')).toBe(0)
    expect(await fewestReady(3 * minute)).toBe(9)
    expect(await readyEverywhere()).toEqual([3, 3, 3])
    expect((await binding()).spec.evictions ?? []).toEqual([])
    expect(await failover('eu')).toBe('nothing')
  })
})
