// Preemption over a whole member: what has no place gets one, what gives way comes back, and nothing is lost in between.
import { resourceBindingResource, type Preemption, type ResourceBinding } from '@flotilla/api/resource-binding'
import { apiVersion, systemNamespace } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces, pods, priorityClasses } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet

/** One member of three nodes of four CPUs. */
beforeEach(async () => {
  fleet = await startWholeFleet(['eu'])
  const { api } = fleet
  for (const name of ['shop', systemNamespace]) {
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }).catch(() => {})
  }
  for (const [name, value] of Object.entries({ gold: 1000, silver: 10 })) {
    const kind = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass' }
    for (const each of [api, fleet.member('eu')])
      await each.create(priorityClasses, { ...kind, metadata: { name }, value })
  }
  await api.create(propagationPolicyResource, aPolicy())
  await fleet.env.advance(60_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

function aPolicy(): KubeObject {
  return {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'all' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      schedulePriority: { priorityClassSource: 'PodPriorityClass', preemptionPolicy: 'PreemptLowerPriority' },
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' } },
    },
  }
}

/** A Deployment whose pods ask for so many CPUs each. */
async function place(
  name: string,
  replicas: number,
  cpu: string,
  priorityClassName = '',
  pod: object = {},
): Promise<void> {
  const containers = [{ name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu } } }]
  const spec = { containers, ...(priorityClassName ? { priorityClassName } : {}), ...pod }
  const template = { metadata: { labels: { app: name } }, spec }
  await fleet.api.create(deployments, aDeployment(name, { replicas, template }))
}

async function scale(name: string, replicas: number): Promise<void> {
  await fleet.api.patch(deployments, { namespace: 'shop', name }, { type: 'merge', patch: { spec: { replicas } } })
}

/** Ready pods on the member, by workload. */
async function ready(): Promise<Readonly<Record<string, number>>> {
  const { items } = await fleet.member('eu').list(pods, { namespace: 'shop' })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  const counts: Record<string, number> = {}
  for (const pod of items.filter(isReady)) {
    const name = pod.metadata.labels?.['app'] ?? ''
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

async function binding(name: string): Promise<ResourceBinding | undefined> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  return items.find(({ spec }) => spec.workloads[0]?.ref.name === name)
}

async function preemption(name: string): Promise<Preemption | undefined> {
  return (await binding(name))?.spec.preemption
}

async function until(what: string, isThere: () => Promise<boolean>, seconds = 400): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    if (await isThere()) return
    await fleet.env.advance(1_000)
  }
  throw new Error(`${what} did not come within ${seconds} s`)
}

const hasEnded = (name: string) => async () => (await preemption(name))?.ended !== undefined

describe('preemption', () => {
  test('gives a workload that has no place the room of less important ones, and gives it back later', async () => {
    await place('low', 8, '1')
    await place('middle', 4, '1', 'silver')
    await fleet.env.advance(120_000)
    expect(await ready()).toEqual({ low: 8, middle: 4 })
    await place('high', 3, '1', 'gold')
    await until('the place of high', hasEnded('high'))
    expect(await preemption('high')).toMatchObject({ cluster: 'eu', replicas: 3, outcome: 'Taken' })
    expect(await ready()).toEqual({ low: 5, middle: 4, high: 3 })
    const [verdict] = (await binding('low'))?.spec.decision?.explanation.clusters ?? []
    expect(verdict?.reasons).toContainEqual({
      filter: 'Preempted',
      message: '3 replicas gave way to Deployment shop/high (priority 1000)',
    })
    await scale('high', 0)
    await until('the return of low', async () => (await ready())['low'] === 8)
    expect(await ready()).toEqual({ low: 8, middle: 4 })
  })
})
