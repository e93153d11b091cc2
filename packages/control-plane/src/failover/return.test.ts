import type { Cluster, ClusterHealth } from '@flotilla/api/cluster'
import type { DecidedCluster, Eviction } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import type { Binding } from '../hub.ts'
import { defaultFailoverOptions } from './options.ts'
import { judgeReturn, type ReturnSight } from './return.ts'

const { steadyMs } = defaultFailoverOptions
const now = Date.parse('2026-03-01T12:00:00Z')

const eviction: Eviction = {
  cluster: 'eu',
  id: 'id-eu',
  clusterUID: 'uid-eu',
  reason: 'ClusterFailed',
  message: '',
  since: '2026-03-01T11:00:00Z',
  graceSeconds: 600,
}

function aCluster(state: ClusterHealth['state'], since: string, rest: Partial<Cluster['spec']> = {}): Cluster {
  return {
    apiVersion: '',
    kind: 'Cluster',
    metadata: { name: 'eu', uid: 'uid-eu' },
    spec: { id: 'id-eu', ...rest },
    status: {
      health: { state, since },
      conditions: [{ type: 'Ready', status: 'True', reason: '', message: '', lastTransitionTime: since }],
    },
  }
}

const steady = aCluster('Healthy', '2026-03-01T11:30:00Z')
const fresh = aCluster('Healthy', '2026-03-01T11:30:01Z')

function leaving(readyReplicas: number, health: 'Healthy' | 'Progressing' = 'Healthy'): Binding {
  return bindingOf([{ name: 'eu', id: 'id-eu', replicas: 0, from: 3 }], { readyReplicas, health })
}

function bindingOf(
  clusters: readonly DecidedCluster[],
  eu?: { readyReplicas: number; health: 'Healthy' | 'Progressing' },
): Binding {
  const explanation = { trigger: '', inputHash: '', feasible: 1, rejected: {}, clusters: [] }
  return {
    apiVersion: '',
    kind: 'ResourceBinding',
    metadata: { name: 'b' },
    spec: { workloads: [], decision: { forHash: 'h', clusters, explanation }, evictions: [eviction] },
    status: { decisionHash: 'h', ...(eu ? { clusters: [{ name: 'eu', id: 'id-eu', state: 'Applied', ...eu }] } : {}) },
  }
}

const moved = bindingOf([{ name: 'us', id: 'id-us', replicas: 3 }])

describe('judgeReturn()', () => {
  test.each<{ name: string; given: Partial<ReturnSight>; want: string }>([
    { name: 'lets back after 30 minutes of health', given: { cluster: steady }, want: 'back' },
    { name: 'and no sooner', given: { cluster: fresh }, want: 'stays' },
    {
      name: 'nor to one that recovers',
      given: { cluster: aCluster('Recovering', '2026-03-01T10:00:00Z') },
      want: 'stays',
    },
    {
      name: 'nor to one that is not Ready',
      given: { cluster: { ...steady, status: { ...steady.status, conditions: [] } } },
      want: 'stays',
    },
    { name: 'nor as long as a person has ordered it away', given: { cluster: steady, isOrdered: true }, want: 'stays' },
    {
      name: 'lets back at once when the order is taken off',
      given: { cluster: fresh, eviction: { ...eviction, reason: 'Ordered' } },
      want: 'back',
    },
    {
      name: 'nor what a person withdrew, however well the cluster is',
      given: { cluster: steady, eviction: { ...eviction, reason: 'Withdrawn' } },
      want: 'stays',
    },
    { name: 'ends with the registration', given: { cluster: undefined }, want: 'void' },
    {
      name: 'ends with a registration of the same cluster',
      given: { cluster: { ...steady, metadata: { name: 'eu', uid: 'another' } } },
      want: 'void',
    },
    {
      name: 'ends a move at once when all that was there is ready there again',
      given: { cluster: fresh, binding: leaving(3) },
      want: 'back',
    },
    {
      name: 'does not when some is not ready, however long it has been well',
      given: { cluster: steady, binding: leaving(2) },
      want: 'stays',
    },
    {
      name: 'nor when it is on its way',
      given: { cluster: steady, binding: leaving(3, 'Progressing') },
      want: 'stays',
    },
    {
      name: 'nor by what was seen of another decision',
      given: { cluster: steady, binding: { ...leaving(3), status: { ...leaving(3).status, decisionHash: 'other' } } },
      want: 'stays',
    },
    {
      name: 'lets back when the taint has gone',
      given: { cluster: fresh, eviction: { ...eviction, reason: 'TaintNotTolerated' } },
      want: 'back',
    },
    {
      name: 'does not while it is there',
      given: {
        cluster: aCluster('Healthy', '2026-03-01T11:00:00Z', { taints: [{ key: 'work', effect: 'NoExecute' }] }),
        eviction: { ...eviction, reason: 'TaintNotTolerated' },
      },
      want: 'stays',
    },
    {
      name: 'gives a workload that was not healthy another try after 30 minutes',
      given: {
        cluster: steady,
        eviction: { ...eviction, reason: 'ApplicationUnhealthy', since: '2026-03-01T11:30:00Z' },
      },
      want: 'back',
    },
    {
      name: 'and no sooner, however long the cluster has been well',
      given: {
        cluster: steady,
        eviction: { ...eviction, reason: 'ApplicationUnhealthy', since: '2026-03-01T11:30:01Z' },
      },
      want: 'stays',
    },
  ])('$name', ({ given, want }) => {
    const sight = {
      binding: moved,
      eviction,
      cluster: steady,
      policy: undefined,
      isOrdered: false,
      steadyMs,
      now,
      ...given,
    }
    expect(judgeReturn(sight)).toBe(want)
  })
})
