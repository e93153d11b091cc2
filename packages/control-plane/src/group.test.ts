import type { BindingSpec, BindingStatus, DecidedCluster } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import { heldByAll, isThere, outOfGroup } from './group.ts'
import type { Binding } from './hub.ts'

const explanation = { trigger: 'Test', inputHash: 'a.b', feasible: 1, rejected: {}, clusters: [] }

function decided(...clusters: readonly Partial<DecidedCluster>[]): NonNullable<BindingSpec['decision']> {
  return { forHash: 'x', explanation, clusters: clusters.map((each) => ({ name: 'eu', id: 'eu', ...each })) }
}

function aWorkload(name: string, replicas: number): BindingSpec['workloads'][number] {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: name }
  return { ref, components: [{ name: '', replicas }] }
}

function aBinding(spec: Partial<BindingSpec>, status?: BindingStatus, metadata: object = {}): Binding {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { name: 'b', namespace: 'shop', generation: 3, ...metadata },
    spec: { workloads: [aWorkload('web', 3)], ...spec },
    ...(status ? { status } : {}),
  }
}

function told(status: 'True' | 'False', observedGeneration = 3, decisionHash = 'x'): BindingStatus {
  const lastTransitionTime = '2026-01-01T00:00:00Z'
  const condition = { type: 'Ready', status, reason: 'X', message: '', observedGeneration, lastTransitionTime }
  return { decisionHash, conditions: [condition] }
}

describe('isThere()', () => {
  const one = decided({ replicas: 1 })
  const shortfall = { reason: 'X', message: '', missingReplicas: 1 }
  const cases = [
    { name: 'all that is decided is ready', given: aBinding({ decision: one }, told('True')), want: true },
    { name: 'it is not ready', given: aBinding({ decision: one }, told('False')), want: false },
    { name: 'it was ready before it changed', given: aBinding({ decision: one }, told('True', 2)), want: false },
    { name: 'another decision was ready', given: aBinding({ decision: one }, told('True', 3, 'y')), want: false },
    { name: 'nothing was told', given: aBinding({ decision: one }), want: false },
    { name: 'nothing is decided', given: aBinding({}, told('True')), want: false },
    { name: 'it moves', given: aBinding({ decision: decided({ replicas: 1, from: 0 }) }, told('True')), want: false },
    { name: 'something has no place', given: aBinding({ decision: { ...one, shortfall } }, told('True')), want: false },
    {
      name: 'it is being deleted',
      given: aBinding({ decision: one }, told('True'), { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      want: false,
    },
  ]
  test.each(cases)('is $want where $name', ({ given, want }) => {
    expect(isThere(given)).toBe(want)
  })
})

describe('heldByAll()', () => {
  const web = (...clusters: readonly Partial<DecidedCluster>[]) => aBinding({ decision: decided(...clusters) })
  const store = aBinding({ workloads: [aWorkload('store', 2)], decision: decided({ replicas: 2 }) })
  const cases = [
    { name: 'clusters that have all of each', given: [web({ replicas: 3 }), store], want: ['eu'] },
    { name: 'none where one has a part', given: [web({ replicas: 2 }), store], want: undefined },
    { name: 'none that one is leaving', given: [web({ replicas: 0, from: 3 }), store], want: undefined },
    { name: 'none that one has yet to come to', given: [web({ replicas: 3, from: 0 }), store], want: undefined },
    { name: 'none that one is not on', given: [web({ replicas: 3, id: 'us' }), store], want: undefined },
    { name: 'none where nothing was placed', given: [], want: undefined },
  ]
  test.each(cases)('is $name', ({ given, want }) => {
    expect(heldByAll(given, true)?.clusters.map(({ id }) => id)).toEqual(want)
  })
})

test('outOfGroup() says of one workload what the group has of it, with all its replicas', () => {
  const decision = decided({ replicas: 1, from: 0 }, { id: 'us', replicas: 0, from: 1 })
  const workloads = [aWorkload('store', 2), aWorkload('web', 3)]
  const { spec } = outOfGroup(aBinding({ workloads, schedulingUnit: 'Together', decision }), 'apps/Deployment/shop/web')
  expect(spec.schedulingUnit).toBeUndefined()
  expect(spec.workloads.map(({ ref }) => ref.name)).toEqual(['web'])
  expect(spec.decision?.clusters.map(({ id, replicas, from }) => [id, replicas, from])).toEqual([
    ['eu', 3, 0],
    ['us', 0, 3],
  ])
})
