// Many clusters lost at once: how many workloads begin to move in a second.
import { type Cluster, clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import type { RunningController } from '@flotilla/runtime/controller'
import { startController } from '@flotilla/runtime/start-controller'
import { timestamp } from '@flotilla/runtime/timestamp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../../test/test-fleet.ts'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'
import { createSchedulerController } from '../binding/scheduler/controller.ts'
import { createPolicyController } from '../policy/controller.ts'
import { createFailoverController } from './controller.ts'

const names = Array.from({ length: 50 }, (_, index) => `c${index}`)
const workloads = 60

let t: TestHub
let controllers: readonly RunningController[]

beforeEach(async () => {
  t = await startTestHub()
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of names) {
    await t.api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec: { id: `id-${name}` } })
    await setHealth(name, 'Healthy')
  }
  const selector = { apiVersion: 'apps/v1', kind: 'Deployment' }
  await t.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'all' },
    spec: {
      resourceSelectors: [selector],
      placement: {
        clusterAffinities: names.map((name) => ({ affinityName: name, clusterNames: [name] })),
        replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
      },
    },
  })
  const scheduler = createSchedulerController(t)
  const { withFirstDecision, evictor } = scheduler
  const all = [
    createPolicyController({ ...t, withFirstDecision }),
    scheduler,
    createFailoverController({ ...t, evictor }),
  ]
  controllers = all.map((each) => startController(t.env, each))
  for (let index = 0; index < workloads; index++) {
    await t.api.create(deployments, aDeployment(`web-${index}`, { replicas: 1 }))
  }
  await t.env.advance(90_000)
})
afterEach(async () => {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
  await t[Symbol.asyncDispose]()
})

/** What health and inventory would write. */
async function setHealth(name: string, state: 'Healthy' | 'Failed'): Promise<void> {
  const since = timestamp(t.env.clock.now())
  const status = state === 'Healthy' ? 'True' : 'False'
  const patch: { status: Cluster['status'] } = {
    status: {
      conditions: [{ type: 'Ready', status, reason: 'X', message: '', lastTransitionTime: since }],
      apis: [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }],
      nodeShapes: [{ free: { pods: '1000' }, count: 1 }],
      health: { state, since, ...(state === 'Failed' ? { silentSince: since } : {}) },
    },
  }
  await t.api.patch(clusterResource, { name }, { type: 'merge', patch }, { subresource: 'status' })
}

async function evicted(): Promise<number> {
  const { items } = await t.api.list<ResourceBinding>(resourceBindingResource)
  return items.filter(({ spec }) => (spec.evictions ?? []).length > 0).length
}

/** How many begin to move in each of so many seconds. */
async function begun(seconds: number): Promise<readonly number[]> {
  const counts: number[] = []
  let before = await evicted()
  for (let second = 0; second < seconds; second++) {
    await t.env.advance(1_000)
    const now = await evicted()
    counts.push(now - before)
    before = now
  }
  return counts
}

describe('the brake', () => {
  test('lets ten a second move away from one lost cluster, and fifty be on their way to one', async () => {
    expect(await evicted()).toBe(0)
    await setHealth('c0', 'Failed')
    const counts = await begun(10)
    expect(Math.max(...counts)).toBeLessThanOrEqual(20)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50)
  })

  test('lets one a second move when 20 of 50 are lost', async () => {
    for (const name of names.slice(0, 20)) await setHealth(name, 'Failed')
    const counts = await begun(20)
    expect(Math.max(...counts)).toBeLessThanOrEqual(2)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(21)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(18)
  })

  test('lets none move when 25 of 50 are lost', async () => {
    for (const name of names.slice(0, 25)) await setHealth(name, 'Failed')
    expect(await begun(20)).toEqual(Array.from({ length: 20 }, () => 0))
  })
})
