import { describe, expect, test } from 'vitest'
import { toPodRequest } from '@flotilla/scheduler/fit'
import type { Host } from '@flotilla/scheduler/preemption/freed'
import type { Binding } from '../../hub.ts'
import { aBinding } from './fixtures.ts'
import { outstandingOn, residentsByCluster, settledOn } from './residents.ts'

const id = 'apps/Deployment/shop/web'

/** A node on which so many pods of `web` run. */
const withPods = (count: number): Host => ({
  free: new Map(),
  labels: {},
  taints: [],
  count: 1,
  isOpen: true,
  tenants: new Map([[id, Array.from({ length: count }, () => toPodRequest({}))]]),
})
const on = (binding: Binding) => residentsByCluster([binding]).get('id-eu') ?? []
const moving = { decisionHash: 'before', clusters: [] }

function aJob(status?: Binding['status']): Binding {
  const binding = aBinding('web', { replicas: 3, ...(status ? { status } : {}) })
  const workloads = binding.spec.workloads.map((each) => ({ ...each, ref: { ...each.ref, kind: 'Job' } }))
  return { ...binding, spec: { ...binding.spec, workloads } }
}

describe('settledOn()', () => {
  test.each([
    { name: 'takes whose pods are all there', binding: aBinding('web', { replicas: 3 }), pods: 3, want: [id] },
    { name: 'leaves out whose pods are not all there', binding: aBinding('web', { replicas: 3 }), pods: 2, want: [] },
    { name: 'leaves out who has more than was decided', binding: aBinding('web', { replicas: 3 }), pods: 4, want: [] },
    { name: 'leaves out what moves', binding: aBinding('web', { replicas: 3, status: moving }), pods: 3, want: [] },
  ])('$name', ({ binding, pods, want }) => {
    expect(settledOn(on(binding), [withPods(pods)]).map((each) => each.id)).toEqual(want)
  })
})

describe('outstandingOn()', () => {
  test.each([
    { name: 'counts nobody who is there', binding: aBinding('web', { replicas: 3 }), pods: 3, want: 0 },
    { name: 'counts who was decided and is not there', binding: aBinding('web', { replicas: 3 }), pods: 2, want: 1 },
    { name: 'counts no Job that is at rest', binding: aJob(), pods: 0, want: 0 },
    { name: 'counts a Job that is on its way', binding: aJob(moving), pods: 0, want: 1 },
  ])('$name', ({ binding, pods, want }) => {
    expect(outstandingOn(on(binding), [withPods(pods)])).toHaveLength(want)
  })
})
