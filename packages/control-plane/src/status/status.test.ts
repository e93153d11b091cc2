import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { clusterResource } from '@flotilla/api/cluster'
import type { KubeObject } from '@flotilla/machinery/object'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment, startFleet, type TestFleet, type TestMember } from '../../test/test-fleet.ts'

let t: TestFleet
let m1: TestMember

beforeEach(async () => {
  t = await startFleet()
  m1 = t.byName['m1'] as TestMember
})
afterEach(() => t[Symbol.asyncDispose]())

const inShop = (name: string) => ({ namespace: 'shop', name })
const condition = ({ status }: ResourceBinding, type: string) => status?.conditions?.find((one) => one.type === type)
const hubCopy = () => t.api.get(deployments, inShop('web')) as Promise<KubeObject & { status: Record<string, unknown> }>

async function setReachable(name: string, is: 'True' | 'Unknown'): Promise<void> {
  const lastTransitionTime = '2026-01-01T00:00:00Z'
  const conditions = [{ type: 'Reachable', status: is, reason: 'Probed', message: '', lastTransitionTime }]
  const patch = { status: { conditions } }
  await t.api.patch(clusterResource, { name }, { type: 'merge', patch }, { subresource: 'status' })
}

describe('status of a binding', () => {
  test('tells what runs where, and is Ready once it does', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 3, m2: 1 }, aPolicyRef())
    const binding = await t.binding(web)
    expect(binding.status).toMatchObject({
      decisionHash: binding.spec.decision?.forHash,
      summary: { applied: 2, healthy: 2, clusters: 2 },
      clusters: [
        { name: 'm1', state: 'Applied', health: 'Healthy', replicas: 3, readyReplicas: 3 },
        { name: 'm2', state: 'Applied', health: 'Healthy', replicas: 1, readyReplicas: 1 },
      ],
    })
    for (const type of ['Scheduled', 'Applied', 'Healthy', 'Ready']) {
      expect(condition(binding, type)).toMatchObject({ status: 'True' })
    }
  })

  test('says PolicyMissing when no policy selects the template any more, and all stays in place', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1 })
    expect(condition(await t.binding(web), 'Scheduled')).toMatchObject({ status: 'False', reason: 'PolicyMissing' })
    expect(await m1.get(deployments, 'web')).toBeDefined()
  })

  test('ages what a member that stopped answering held: Unreachable, Unknown, never current', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 3, m2: 1 }, aPolicyRef())
    m1.simulated.faults.cut()
    await setReachable('m1', 'Unknown')
    await t.settle()
    const binding = await t.binding(web)
    expect(binding.status?.clusters?.[0]).toMatchObject({
      name: 'm1',
      state: 'Unreachable',
      health: 'Unknown',
      replicas: 3,
    })
    expect(condition(binding, 'Applied')).toMatchObject({ status: 'Unknown', reason: 'Unreachable' })
    expect((await hubCopy()).status).toMatchObject({ replicas: 4, readyReplicas: 1 })
  })

  test('is put right when another process has written what it saw', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 3, m2: 1 }, aPolicyRef())
    const { status } = await t.binding(web)
    const stale = { status: { clusters: [{ name: 'm1', state: 'Pending' }], conditions: [] } }
    const { namespace = '', name } = (await t.binding(web)).metadata
    await t.api.patch(
      resourceBindingResource,
      { namespace, name },
      { type: 'merge', patch: stale },
      { subresource: 'status' },
    )
    await t.api.patch(
      deployments,
      inShop('web'),
      { type: 'merge', patch: { status: { availableReplicas: 1 } } },
      { subresource: 'status' },
    )
    await t.env.advance(10_000)
    expect((await t.binding(web)).status).toMatchObject({ clusters: status?.clusters, summary: status?.summary })
    expect(condition(await t.binding(web), 'Ready')).toMatchObject({ status: 'True' })
    expect((await hubCopy()).status).toMatchObject({ availableReplicas: 4 })
  })

  test('stands after a restart until slow members have been read anew', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 }, aPolicyRef())
    for (const name of ['m1', 'm2']) await setReachable(name, 'True')
    await t.settle()
    const [binding, copy] = [await t.binding(web), await hubCopy()]
    t.byName['m2']?.simulated.faults.slow(3_000)
    await t.restart()
    await t.env.advance(60_000)
    expect((await t.binding(web)).metadata.resourceVersion).toBe(binding.metadata.resourceVersion)
    expect((await hubCopy()).metadata.resourceVersion).toBe(copy.metadata.resourceVersion)
  })

  test('is not written when nothing changes', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    const before = await t.binding(web)
    await t.env.advance(600_000)
    expect((await t.binding(web)).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })
})

describe('status of a template', () => {
  test('adds the clusters up', async () => {
    await t.place(aDeployment('web'), deployments, { m1: 3, m2: 1 })
    expect((await hubCopy()).status).toMatchObject({
      observedGeneration: 1,
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
    })
  })

  test('observes a generation only once every cluster has applied and observed it', async () => {
    await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    t.fences.set('m2', { mayWrite: () => false, end: () => Promise.resolve() })
    const { metadata, spec } = aDeployment('web', { paused: false, minReadySeconds: 1 })
    await t.api.patch(deployments, metadata, { type: 'merge', patch: { spec: { minReadySeconds: 1 } } })
    await t.env.advance(5_000)
    expect(spec).toBeDefined()
    expect(await hubCopy()).toMatchObject({ metadata: { generation: 2 }, status: { observedGeneration: 1 } })
    t.fences.set('m2', { mayWrite: () => true, end: () => Promise.resolve() })
    t.fences.changed('m2')
    await t.env.advance(5_000)
    expect((await hubCopy()).status).toMatchObject({ observedGeneration: 2 })
  })
})

function aPolicyRef() {
  return { policy: { kind: 'PropagationPolicy' as const, ...inShop('policy'), uid: 'policy' } }
}
