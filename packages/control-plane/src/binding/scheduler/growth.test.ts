import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { projectRow } from '../../members/row.ts'
import { bindingStatus } from '../../status/binding-status.ts'
import { isGrowthReady, SteadyGrowth } from './growth.ts'

const id = 'apps/Deployment/shop/web'
const now = Date.UTC(2026, 0, 2)

/** A move of four replicas from `us` to `eu`, which had two. */
function aMove(forHash = 'hash'): Binding {
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
      decision: {
        forHash,
        clusters: [
          { name: 'eu', id: 'id-eu', replicas: 6, from: 2 },
          { name: 'us', id: 'id-us', replicas: 2, from: 6 },
        ],
        explanation: { trigger: 't', inputHash: 'i', feasible: 2, rejected: {}, clusters: [] },
      },
    },
  }
}

const settled = { observedGeneration: 3, replicas: 6, updatedReplicas: 6, readyReplicas: 6, availableReplicas: 6 }

/** The move with what `eu` is seen to say of a Deployment of six whose third generation we applied. */
function seen(status: object): Binding {
  const metadata = { namespace: 'shop', name: 'web', generation: 3 }
  const row = projectRow({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 6 }, status }, now)
  const move = aMove()
  const observed = (move.spec.decision?.clusters ?? []).map((entry) => ({
    entry,
    isReachable: true,
    isLeaving: false,
    objects: [{ id, role: 'workload' as const, outcome: { state: 'Applied' as const }, row }],
  }))
  return { ...move, status: bindingStatus(move, observed, now) } as Binding
}

describe('isGrowthReady()', () => {
  test.each([
    { name: 'all that were asked for, observed and in place', status: settled, want: true },
    { name: 'too few', status: { ...settled, readyReplicas: 5, availableReplicas: 5 }, want: false },
    { name: 'those of an older generation', status: { ...settled, observedGeneration: 2 }, want: false },
    {
      name: 'surplus of an earlier decision, going',
      status: { ...settled, replicas: 8, readyReplicas: 8 },
      want: false,
    },
    { name: 'pods that a rollout is replacing', status: { ...settled, updatedReplicas: 2 }, want: false },
    { name: 'pods that are not available for long enough', status: { ...settled, availableReplicas: 2 }, want: false },
  ])('is $want for $name', ({ status, want }) => {
    expect(isGrowthReady(seen(status))).toBe(want)
  })

  test('is false for a status of another decision', () => {
    const { status } = seen(settled)
    expect(isGrowthReady({ ...aMove('other'), status } as Binding)).toBe(false)
  })

  test.each([
    { of: 'a Job', kind: 'Job', more: {} },
    { of: 'what runs to its end by a rule of its kind', kind: 'Workflow', more: { runsToCompletion: true } },
  ])('is true for $of once it is over, and while it has its pods ready', ({ kind, more }) => {
    const job = (outcome: object): Binding => {
      const move = aMove()
      const [workload] = move.spec.workloads
      const ref = { ...(workload?.ref as NonNullable<typeof workload>['ref']), apiVersion: 'batch/v1', kind }
      const clusters = [{ name: 'eu', state: 'Applied', ...outcome }]
      const status = { decisionHash: 'hash', clusters }
      return { ...move, spec: { ...move.spec, workloads: [{ ref, ...more, components: [] }] }, status } as Binding
    }
    expect(isGrowthReady(job({ readyReplicas: 0, health: 'Healthy' }))).toBe(true)
    expect(isGrowthReady(job({ readyReplicas: 6, health: 'Progressing' }))).toBe(true)
    expect(isGrowthReady(job({ readyReplicas: 5, health: 'Progressing' }))).toBe(false)
  })
})

describe('SteadyGrowth.waitMs()', () => {
  const ready = seen(settled)
  const lost = seen({ ...settled, readyReplicas: 5, availableReplicas: 5 })

  test('counts growth once it has stayed ready for a second', () => {
    const growth = new SteadyGrowth()
    expect(growth.waitMs('b', lost, 0)).toBeUndefined()
    expect([0, 400, 1_000].map((at) => growth.waitMs('b', ready, at))).toEqual([1_000, 600, 0])
  })

  test('counts from the start again after growth was lost, and for another decision', () => {
    const growth = new SteadyGrowth()
    expect([growth.waitMs('b', ready, 0), growth.waitMs('b', lost, 500)]).toEqual([1_000, undefined])
    expect(growth.waitMs('b', ready, 900)).toBe(1_000)
    const next = aMove('next')
    const status = { ...ready.status, decisionHash: 'next' }
    expect(growth.waitMs('b', { ...next, status } as Binding, 1_900)).toBe(1_000)
  })

  test('never waits where nothing grows', () => {
    const move = aMove()
    const clusters = [{ name: 'eu', id: 'id-eu', replicas: 6 }]
    const decision = { ...move.spec.decision, clusters }
    expect(new SteadyGrowth().waitMs('b', { ...move, spec: { ...move.spec, decision } } as Binding, 0)).toBe(0)
  })
})
