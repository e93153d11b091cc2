// While replicas move, the fleet never has fewer ready than the smaller of the old and the new total.
import { clusterResource } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { deployments, namespaces, nodes, pods } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { aWeightedPolicy, staysWhenLost } from '../test/weighted-policy.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

const names = ['eu', 'us', 'ap'] as const
const web = { namespace: 'shop', name: 'web' }
const autoscalers = {
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
}

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(names, { podStartMs: 3_000 })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
})
afterEach(() => fleet[Symbol.asyncDispose]())

async function changeWeights(weights: Readonly<Record<string, number>>): Promise<void> {
  const policy = await fleet.api.get(propagationPolicyResource, web)
  await fleet.api.update(propagationPolicyResource, {
    ...policy,
    spec: aWeightedPolicy(weights, staysWhenLost)['spec'],
  })
}

function suspend(name: string, isSuspended: boolean): Promise<unknown> {
  return fleet.api.patch(clusterResource, { name }, { type: 'merge', patch: { spec: { suspend: isSuspended } } })
}

function setCut(name: string, isCut: boolean): void {
  const faults = fleet.members.get(name)?.faults
  if (isCut) faults?.cut()
  else faults?.heal()
}

/** Pods that are Ready now, whatever the workload's status says already. */
async function readyOn(name: string): Promise<number> {
  const { items } = await fleet.member(name).list(pods, { namespace: 'shop' })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  return items.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length
}

const readyEverywhere = () => Promise.all(names.map(readyOn))

/** The fewest that were ready at once within `ms`, looked at 20 times a second. */
async function fewestReady(ms: number): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY
  for (let passed = 0; passed < ms; passed += 50) {
    await fleet.env.advance(50)
    fewest = Math.min(
      fewest,
      (await readyEverywhere()).reduce((sum, count) => sum + count, 0),
    )
  }
  return fewest
}

describe('the sum of ready replicas', () => {
  beforeEach(async () => {
    await fleet.api.create(deployments, aDeployment('web', { replicas: 12 }))
    await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 3, us: 2, ap: 1 }, staysWhenLost))
    await fleet.env.advance(20_000)
  })

  test('stays whole while weights are turned round', async () => {
    await changeWeights({ eu: 1, us: 2, ap: 3 })
    expect(await fewestReady(20_000)).toBe(12)
    expect(await readyEverywhere()).toEqual([2, 4, 6])
  })

  test('stays whole while a cluster is dropped and one decision supersedes another', async () => {
    await changeWeights({ us: 1, ap: 1 })
    const first = await fewestReady(2_000)
    await changeWeights({ us: 1, ap: 5 })
    expect(Math.min(first, await fewestReady(20_000))).toBe(12)
    expect(await readyEverywhere()).toEqual([0, 2, 10])
  })

  test('stays whole while replicas that were asked for are still on their way', async () => {
    await fleet.api.patch(deployments, web, { type: 'merge', patch: { spec: { replicas: 24 } } })
    await fleet.env.advance(1_000)
    await changeWeights({ us: 2, ap: 1 })
    await fleet.env.advance(500)
    await fleet.api.patch(deployments, web, { type: 'merge', patch: { spec: { replicas: 12 } } })
    expect(await fewestReady(20_000)).toBe(12)
    expect(await readyEverywhere()).toEqual([0, 8, 4])
  })

  test('stays whole while the template is created anew and weighed otherwise', async () => {
    await fleet.api.delete(deployments, web)
    await changeWeights({ eu: 1, us: 2, ap: 3 })
    await fleet.api.create(deployments, aDeployment('web', { replicas: 12 }))
    expect(await fewestReady(20_000)).toBe(12)
    expect(await readyEverywhere()).toEqual([2, 4, 6])
  })

  test('sinks at once when it is scaled down while one cluster has long been broken', async () => {
    const ap = fleet.member('ap')
    for (const node of (await ap.list(nodes)).items) {
      await ap.patch(nodes, node.metadata, { type: 'merge', patch: { spec: { unschedulable: true } } })
    }
    for (const pod of (await ap.list(pods, { namespace: 'shop' })).items) await ap.delete(pods, pod.metadata)
    await fleet.env.advance(180_000)
    expect(await readyEverywhere()).toEqual([6, 4, 0])
    await fleet.api.patch(deployments, web, { type: 'merge', patch: { spec: { replicas: 6 } } })
    await fleet.env.advance(5_000)
    expect(await readyEverywhere()).toEqual([3, 2, 0])
  })

  /** Totals never below 12. */
  const edits: readonly ((random: () => number) => Promise<unknown>)[] = [
    (random) => {
      const [eu = 0, us = 0, ap = 0] = names.map(() => Math.floor(random() * 4))
      return changeWeights(eu + us + ap === 0 ? { eu: 1 } : { eu, us, ap })
    },
    (random) => {
      const replicas = random() < 0.5 ? 12 : 24
      return fleet.api.patch(deployments, web, { type: 'merge', patch: { spec: { replicas } } })
    },
    () => fleet.restart(),
    async () => {
      await fleet.api.delete(deployments, web)
      return fleet.api.create(deployments, aDeployment('web', { replicas: 12 }))
    },
    async () => {
      const { items } = await fleet.api.list(resourceBindingResource)
      await Promise.all(items.map(({ metadata }) => fleet.api.delete(resourceBindingResource, metadata)))
    },
  ]

  test.each([1, 2, 3])('stays whole whatever is edited and when, members being slow (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    let fewest = Number.POSITIVE_INFINITY
    for (let round = 0; round < 14; round++) {
      for (const member of fleet.members.values()) member.faults.slow(random() < 0.5 ? 0 : random() * 1_500)
      // Most often the first of them.
      const edit = edits[Math.floor(random() ** 2 * edits.length)]
      await edit?.(random)
      fewest = Math.min(fewest, await fewestReady(200 + random() * 6_000))
    }
    expect(fewest).toBe(12)
  })

  test('stays whole while the member that is to grow is away: nothing shrinks before it is back', async () => {
    fleet.members.get('ap')?.faults.cut()
    await changeWeights({ eu: 1, us: 2, ap: 3 })
    expect(await fewestReady(20_000)).toBe(12)
    expect(await readyEverywhere()).toEqual([6, 4, 2])
    fleet.members.get('ap')?.faults.heal()
    expect(await fewestReady(60_000)).toBe(12)
    expect(await readyEverywhere()).toEqual([2, 4, 6])
  })

  test.each([
    ['suspended', (isSuspended: boolean) => suspend('ap', isSuspended), 0],
    ['not Ready', (isCut: boolean) => setCut('ap', isCut), 60_000],
  ] as const)('stays whole while all is to go to a member that is %s', async (_, trouble, noticedMs) => {
    await trouble(true)
    await fleet.env.advance(noticedMs)
    await changeWeights({ ap: 1 })
    expect(await fewestReady(10_000)).toBe(12)
    expect(await readyEverywhere()).toEqual([6, 4, 2])
    await trouble(false)
    expect(await fewestReady(60_000)).toBe(12)
    expect(await readyEverywhere()).toEqual([0, 0, 12])
  })
})

describe('an autoscaler of a divided workload', () => {
  beforeEach(async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
    const scaler = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: web }
    await fleet.api.create(autoscalers, { ...scaler, spec: { scaleTargetRef, minReplicas: 6, maxReplicas: 24 } })
    await fleet.api.create(deployments, aDeployment('web', { replicas: 12 }))
    await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 3, us: 2, ap: 1 }, staysWhenLost))
    await fleet.env.advance(20_000)
  })

  /** As the autoscaler of that member does. */
  const scale = async (name: string, replicas: number) => {
    const wanted = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: web, spec: { replicas } } as KubeObject
    const options = { subresource: 'scale', fieldManager: 'kube-controller-manager' }
    await fleet.member(name).update(deployments, wanted, options)
    await fleet.env.advance(20_000)
  }

  test('goes along with its bounds divided, and keeps the replicas that it decides', async () => {
    const bounds = await Promise.all(
      names.map(async (name) => {
        const { spec } = (await fleet.member(name).get(autoscalers, web)) as unknown as { spec: Record<string, number> }
        return [spec['minReplicas'], spec['maxReplicas']]
      }),
    )
    expect(bounds).toEqual([
      [3, 12],
      [2, 8],
      [1, 4],
    ])
    await scale('eu', 9)
    expect(await readyEverywhere()).toEqual([9, 4, 2])
  })

  test('that grew it on a member leaves what its template wants ready while it moves off', async () => {
    await scale('eu', 9)
    await changeWeights({ us: 1 })
    expect(await fewestReady(30_000)).toBe(12)
    expect(await readyEverywhere()).toEqual([0, 12, 0])
  })

  test('that shrank it on a member leaves as many ready as there were while it moves off', async () => {
    await scale('eu', 3)
    await changeWeights({ us: 1 })
    expect(await fewestReady(30_000)).toBe(9)
    expect(await readyEverywhere()).toEqual([0, 12, 0])
  })

  test('that keeps fewer than are decided on the member which is to take all: nothing leaves the others', async () => {
    await scale('us', 8)
    await changeWeights({ us: 1 })
    expect(await fewestReady(30_000)).toBe(16)
    expect(await readyEverywhere()).toEqual([6, 8, 2])
  })
})
