import { describe, expect, test } from 'vitest'
import type { Binding } from '../hub.ts'
import { projectRow } from '../members/row.ts'
import { bindingStatus, maxListedClusters, type ObservedCluster } from './binding-status.ts'

const now = Date.UTC(2026, 0, 2)
const id = 'apps/Deployment/shop/web'

function aBinding(count: number, status?: Binding['status']): Binding {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name: 'b', generation: 3 },
    spec: {
      workloads: [
        {
          ref: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u' },
          components: [],
        },
      ],
      policy: { kind: 'PropagationPolicy', name: 'p', uid: 'p' },
      decision: {
        forHash: 'hash',
        clusters: Array.from({ length: count }, (_, i) => ({ name: `c${i}`, id: `id-${i}`, replicas: 1 })),
        explanation: { trigger: 't', inputHash: 'i', feasible: count, rejected: {}, clusters: [] },
      },
    },
    ...(status ? { status } : {}),
  }
}

const row = (ready: number, at = now) =>
  projectRow(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', generation: 1 },
      spec: { replicas: 1 },
      status: {
        observedGeneration: 1,
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: ready,
        availableReplicas: ready,
      },
    },
    at,
  )

function observed(index: number, more: Partial<ObservedCluster> = {}): ObservedCluster {
  return {
    entry: { name: `c${index}`, id: `id-${index}`, replicas: 1 },
    isReachable: true,
    isLeaving: false,
    objects: [{ id, role: 'workload', outcome: { state: 'Applied' }, row: row(1) }],
    ...more,
  }
}

const failed = {
  id: '/ConfigMap/shop/c',
  role: 'follower',
  outcome: { state: 'Failed', message: 'no rights' },
  row: undefined,
} as const

describe('bindingStatus()', () => {
  test.each<{ name: string; given: Partial<ObservedCluster>; want: object }>([
    {
      name: 'Applied when everything is',
      given: {},
      want: { state: 'Applied', health: 'Healthy', replicas: 1, readyReplicas: 1 },
    },
    {
      name: 'Pending before anything is known',
      given: { objects: [{ id, role: 'workload', outcome: undefined, row: undefined }] },
      want: { state: 'Pending', health: 'Unknown' },
    },
    {
      name: 'Failed with the message of what failed',
      given: { objects: [...observed(0).objects, failed] },
      want: { state: 'Failed', message: 'no rights' },
    },
    {
      name: 'Unreachable, with what was seen last',
      given: { isReachable: false },
      want: { state: 'Unreachable', health: 'Unknown', readyReplicas: 1 },
    },
    {
      name: 'Removing when only removals are left',
      given: { isLeaving: true, objects: [] },
      want: { state: 'Removing' },
    },
    {
      name: 'Progressing with the reason',
      given: { objects: [{ id, role: 'workload', outcome: { state: 'Applied' }, row: row(0) }] },
      want: { state: 'Applied', health: 'Progressing', message: '0 of 1 replicas are available' },
    },
    {
      name: 'Healthy for a Job that has finished and is gone',
      given: { objects: [{ id, role: 'workload', outcome: { state: 'Applied', isFinished: true }, row: undefined }] },
      want: { state: 'Applied', health: 'Healthy' },
    },
  ])('says $name', ({ given, want }) => {
    expect(bindingStatus(aBinding(1), [observed(0, given)], now).clusters?.[0]).toMatchObject(want)
  })

  test('names the decision that it describes, and sums up', () => {
    expect(bindingStatus(aBinding(2), [observed(0), observed(1, { isReachable: false })], now)).toMatchObject({
      decisionHash: 'hash',
      summary: { applied: 1, healthy: 1, clusters: 2 },
    })
  })

  test('lists at most 256 clusters: those that are not healthy, and those of a move', () => {
    const clusters = Array.from({ length: maxListedClusters + 10 }, (_, i) => observed(i))
    const moving = observed(0, { entry: { name: 'c0', id: 'id-0', replicas: 1, from: 0 } })
    const ill = observed(1, { objects: [failed] })
    const status = bindingStatus(aBinding(clusters.length), [moving, ill, ...clusters.slice(2)], now)
    expect(status.clusters?.map(({ name }) => name)).toEqual(['c0', 'c1'])
    expect(status.summary).toEqual({ applied: 265, healthy: 265, clusters: 266 })
  })

  test('keeps what was told of a member that is away since before our start', () => {
    const before = bindingStatus(aBinding(1), [observed(0)], now)
    const unseen = {
      isReachable: false,
      objects: [{ id, role: 'workload', outcome: undefined, row: undefined }],
    } as const
    const after = bindingStatus(aBinding(1, before), [observed(0, unseen)], now + 60_000).clusters?.[0]
    expect(after).toMatchObject({ state: 'Unreachable', health: 'Unknown', replicas: 1, readyReplicas: 1 })
    expect(after?.observedAt).toBe(before.clusters?.[0]?.observedAt)
  })

  test('takes nothing over from another decision', () => {
    const before = { ...bindingStatus(aBinding(1), [observed(0)], now), decisionHash: 'other' }
    const unseen = { isReachable: false, objects: [] }
    expect(bindingStatus(aBinding(1, before), [observed(0, unseen)], now).clusters?.[0]?.observedAt).toBeUndefined()
  })

  test('keeps the time at which a cluster was first seen as it is', () => {
    const status = bindingStatus(aBinding(1), [observed(0)], now)
    const later = observed(0, {
      objects: [{ id, role: 'workload', outcome: { state: 'Applied' }, row: row(1, now + 5_000) }],
    })
    expect(bindingStatus(aBinding(1, status), [later], now + 5_000)).toEqual(status)
  })

  test('tells what is wrong with the priority, whether or not everything has a place', () => {
    const { spec, ...rest } = aBinding(1)
    const shortfall = { reason: 'PartiallyPlaced', message: '1 of 2 replicas have a place', missingReplicas: 1 }
    const schedulePriority = { priority: 0, problem: 'PriorityClass gold does not exist' }
    const scheduled = (decision: typeof spec.decision) =>
      bindingStatus({ ...rest, spec: { ...spec, schedulePriority, ...(decision ? { decision } : {}) } }, [], now)
        .conditions?.[0]
    expect(scheduled(spec.decision)).toMatchObject({
      status: 'True',
      message: 'Placed on 1 cluster. PriorityClass gold does not exist',
    })
    expect(scheduled(spec.decision && { ...spec.decision, shortfall })).toMatchObject({
      reason: 'PartiallyPlaced',
      message: '1 of 2 replicas have a place. PriorityClass gold does not exist',
    })
  })

  test('tells the shortfall of a decision', () => {
    const binding = aBinding(1)
    const decision = {
      ...binding.spec.decision,
      shortfall: { reason: 'NoCapacity', message: '2 have no place', missingReplicas: 2 },
    }
    const short = { ...binding, spec: { ...binding.spec, decision } } as Binding
    expect(bindingStatus(short, [observed(0)], now).conditions?.[0]).toMatchObject({
      type: 'Scheduled',
      status: 'False',
      reason: 'NoCapacity',
    })
  })
})
