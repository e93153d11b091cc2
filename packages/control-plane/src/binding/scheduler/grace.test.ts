import type { BindingStatus, ClusterOutcome, DecidedCluster, Eviction } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { graceMs } from './grace.ts'

const since = '2026-03-01T12:00:00Z'
const now = Date.parse(since) + 60_000

const eviction: Eviction = { cluster: 'eu', id: 'eu', reason: 'ClusterFailed', message: '', since, graceSeconds: 600 }
const direct: Eviction = { ...eviction, purgeMode: 'Directly', graceSeconds: 0 }
const leaving: DecidedCluster = { name: 'eu', id: 'eu', replicas: 0, from: 3 }
const growing: DecidedCluster = { name: 'us', id: 'us', replicas: 6, from: 3 }

const outcome = (name: string, rest: Partial<ClusterOutcome>): ClusterOutcome => ({ name, state: 'Applied', ...rest })
const idle = outcome('eu', { health: 'Degraded', readyReplicas: 0 })
const serving = outcome('us', { health: 'Healthy', readyReplicas: 3 })

function given(
  eu: ClusterOutcome,
  us = serving,
  clusters = [leaving, growing],
  evictions = [eviction],
  status: Partial<BindingStatus> = {},
): Binding {
  const explanation = { trigger: '', inputHash: '', feasible: 1, rejected: {}, clusters: [] }
  return {
    apiVersion: '',
    kind: 'ResourceBinding',
    metadata: { name: 'b' },
    spec: { workloads: [], evictions, decision: { forHash: 'h', clusters, explanation } },
    status: { decisionHash: 'h', clusters: [eu, us], ...status },
  }
}

describe('graceMs()', () => {
  test.each<{ name: string; binding: Binding; want: number | undefined }>([
    {
      name: 'is what is left of the grace period of a copy of which nothing is ready',
      binding: given(idle),
      want: 540_000,
    },
    {
      name: 'never comes while a replica is ready there',
      binding: given(outcome('eu', { health: 'Degraded', readyReplicas: 1 })),
      want: undefined,
    },
    {
      name: 'never comes while the old copy cannot be seen',
      binding: given(outcome('eu', { state: 'Unreachable', health: 'Unknown', readyReplicas: 0 })),
      want: undefined,
    },
    {
      name: 'never comes while no healthy copy is elsewhere',
      binding: given(idle, outcome('us', { health: 'Progressing', readyReplicas: 3 })),
      want: undefined,
    },
    {
      name: 'is over at once for a copy that cannot be seen where it is to go directly',
      binding: given(outcome('eu', { state: 'Unreachable', health: 'Unknown', readyReplicas: 3 }), serving, undefined, [
        direct,
      ]),
      want: 0,
    },
    {
      name: 'never comes for a healthy copy, directly or not',
      binding: given(outcome('eu', { health: 'Healthy', readyReplicas: 3 }), serving, undefined, [direct]),
      want: undefined,
    },
    {
      name: 'is no business of what shrinks otherwise',
      binding: given(idle, serving, [leaving, growing], []),
      want: undefined,
    },
    {
      name: 'never comes while something else shrinks too',
      binding: given(idle, serving, [leaving, growing, { name: 'ap', id: 'ap', replicas: 1, from: 2 }]),
      want: undefined,
    },
    {
      name: 'is not told by what was seen of another decision',
      binding: given(idle, serving, undefined, undefined, { decisionHash: 'other' }),
      want: undefined,
    },
  ])('$name', ({ binding, want }) => {
    expect(graceMs(binding, now)).toBe(want)
  })
})
