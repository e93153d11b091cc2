// Bindings that wait for room: what comes free goes to the most important first, and nobody waits for nothing.
import { clusterResource } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments, namespaces, priorityClasses } from '@flotilla/machinery/well-known-resources'
import type { RunningController } from '@flotilla/runtime/controller'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestHub } from '../../../test/test-hub.ts'
import type { TestHub } from '../../../test/test-hub.ts'
import { createPolicyController } from '../../policy/controller.ts'
import { createSchedulerController } from './controller.ts'

const apiVersion = 'flotilla.dev/v1alpha1'

let t: TestHub
let controllers: RunningController[]

beforeEach(async () => {
  t = await startTestHub()
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await t.api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name: 'eu' }, spec: { id: 'id-eu' } })
  for (const [name, value] of Object.entries({ gold: 1000, silver: 10 })) {
    const kind = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass' }
    await t.api.create(priorityClasses, { ...kind, metadata: { name }, value })
  }
  const replicaScheduling = { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' }
  await t.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'all' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      schedulePriority: { priorityClassSource: 'PodPriorityClass' },
      placement: { replicaScheduling },
    },
  })
  controllers = [startController(t.env, createPolicyController(t))]
})
afterEach(async () => {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
  await t[Symbol.asyncDispose]()
})

async function startScheduler(): Promise<void> {
  controllers.push(startController(t.env, createSchedulerController(t)))
  await t.env.advance(2_000)
}

/** So many CPUs are free on the one node there is. */
async function setRoom(cpus: number): Promise<void> {
  const ready = { type: 'Ready', status: 'True', reason: 'X', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
  const apis = [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }]
  const nodeShapes = [{ free: { cpu: String(cpus), pods: '100' }, count: 1 }]
  const patch = { status: { conditions: [ready], apis, nodeShapes } }
  await t.api.patch(clusterResource, { name: 'eu' }, { type: 'merge', patch }, { subresource: 'status' })
}

interface Asked {
  readonly replicas: number
  readonly priorityClassName?: string
  readonly cpu?: string
}

/** Within a second of which nobody looks for room by the clock. */
async function place(name: string, { replicas, priorityClassName, cpu = '1' }: Asked): Promise<void> {
  const labels = { app: name }
  const containers = [{ name: 'c', image: 'x:1', resources: { requests: { cpu } } }]
  const template = {
    metadata: { labels },
    spec: { containers, ...(priorityClassName ? { priorityClassName } : {}) },
  }
  const metadata = { namespace: 'shop', name }
  const spec = { replicas, selector: { matchLabels: labels }, template }
  await t.api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec })
  await t.env.advance(1_000)
}

/** Replicas by workload. */
async function placed(): Promise<Readonly<Record<string, number>>> {
  const { items } = await t.api.list<ResourceBinding>(resourceBindingResource)
  return Object.fromEntries(
    items.map(({ spec }) => [
      spec.workloads[0]?.ref.name,
      (spec.decision?.clusters ?? []).reduce((sum, { replicas = 0 }) => sum + replicas, 0),
    ]),
  )
}

describe('createSchedulerController() by priority', () => {
  test('gives what comes free to those who wait, the most important first, not to one that comes just then', async () => {
    await startScheduler()
    await setRoom(0)
    await place('low', { replicas: 4 })
    await place('high', { replicas: 4, priorityClassName: 'gold' })
    await place('middle', { replicas: 2, priorityClassName: 'silver' })
    await setRoom(7)
    await place('late', { replicas: 5 })
    expect(await placed()).toEqual({ high: 4, middle: 2, low: 1, late: 0 })
  })

  test('lets the most important take what comes free without waiting for others', async () => {
    await startScheduler()
    await setRoom(0)
    await place('low', { replicas: 4 })
    await setRoom(5)
    await place('late', { replicas: 4, priorityClassName: 'gold' })
    await t.env.advance(30_000)
    expect(await placed()).toEqual({ late: 4, low: 1 })
  })

  test('does not keep room for one that can never fit', async () => {
    await startScheduler()
    await setRoom(0)
    await place('giant', { replicas: 1, priorityClassName: 'gold', cpu: '64' })
    await place('low', { replicas: 2 })
    await setRoom(4)
    await place('late', { replicas: 2 })
    expect(await placed()).toEqual({ giant: 0, low: 2, late: 2 })
  })

  test('gives what others leave to those who wait', async () => {
    await startScheduler()
    await setRoom(4)
    await place('old', { replicas: 4 })
    await place('low', { replicas: 4 })
    await place('high', { replicas: 3, priorityClassName: 'gold' })
    expect(await placed()).toEqual({ old: 4, low: 0, high: 0 })
    const patch = { spec: { replicas: 1 } }
    await t.api.patch(deployments, { namespace: 'shop', name: 'old' }, { type: 'merge', patch })
    await place('late', { replicas: 4 })
    expect(await placed()).toEqual({ old: 1, high: 3, low: 0, late: 0 })
  })

  test('decides the most important first of all that it finds when it starts', async () => {
    await setRoom(5)
    await place('a', { replicas: 3 })
    await place('b', { replicas: 3, priorityClassName: 'silver' })
    await place('c', { replicas: 3, priorityClassName: 'gold' })
    await startScheduler()
    expect(await placed()).toEqual({ a: 0, b: 2, c: 3 })
  })
})
