import { fencedAnnotation } from '@flotilla/api/failover'
import type { Cluster } from '@flotilla/api/cluster'
import type { PropagationSpec } from '@flotilla/api/propagation-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import type { Binding } from '../hub.ts'
import { objectIdOf } from '../object-id.ts'
import { evictionFor, type Sight, wishOf } from './wish.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const policy: PropagationSpec = { resourceSelectors: [] }
const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u' }

const eu: Cluster = {
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Cluster',
  metadata: { name: 'eu', uid: 'uid-eu' },
  spec: { id: 'id-eu' },
  status: { health: { state: 'Failed', since: '2026-03-01T11:59:30Z', silentSince: '2026-03-01T11:59:00Z' } },
}

function bindingOf(overrides: Partial<Binding['spec']> = {}, status?: Binding['status']): Binding {
  const spec = { workloads: [{ ref, components: [{ name: '', replicas: 3 }] }], ...overrides }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { name: 'b' },
    spec,
    ...(status ? { status } : {}),
  }
}

const objects = (...all: readonly KubeObject[]) => {
  const byId = new Map(all.map((object) => [objectIdOf({ ...object, ...object.metadata }), object]))
  return (id: string) => byId.get(id as never)
}

function object(kind: string, name: string, rest: object = {}): KubeObject {
  const apiVersion = kind === 'PersistentVolumeClaim' ? 'v1' : kind === 'Job' ? 'batch/v1' : 'apps/v1'
  return { apiVersion, kind, metadata: { namespace: 'shop', name }, ...rest }
}

const template = objects(object('Deployment', 'web'))

function sight(overrides: Partial<Sight> = {}): Sight {
  return {
    binding: bindingOf(),
    policy,
    cluster: eu,
    template,
    verdict: { kind: 'move', perSecond: 10 },
    isOrdered: false,
    seenAt: () => now,
    unhealthySince: undefined,
    now,
    ...overrides,
  }
}

const tolerating = (tolerationSeconds?: number): PropagationSpec => ({
  ...policy,
  placement: {
    clusterTolerations: [
      {
        key: 'flotilla.dev/unreachable',
        operator: 'Exists',
        effect: 'NoExecute',
        ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
      },
    ],
  },
})

const weighed = (maxReplicas: number): PropagationSpec => ({
  ...policy,
  placement: {
    replicaScheduling: {
      replicaSchedulingType: 'Divided',
      weightPreference: {
        staticWeightList: [{ targetCluster: { clusterNames: ['eu'] }, weight: 1, maxReplicas }],
      },
    },
  },
})

const claim = (mode: string) => object('PersistentVolumeClaim', 'data', { spec: { accessModes: [mode] } })
const withClaim = bindingOf({
  followers: [{ ref: { ...ref, apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'data' } }],
})
const stateful = { ...ref, kind: 'StatefulSet', name: 'db' }
const job = { ...ref, apiVersion: 'batch/v1', kind: 'Job', name: 'once' }
const fenced: Cluster = { ...eu, metadata: { ...eu.metadata, annotations: { [fencedAnnotation]: 'true' } } }
const failsOver = (tolerationSeconds?: number): PropagationSpec => ({
  ...policy,
  failover: { application: tolerationSeconds === undefined ? {} : { tolerationSeconds } },
})
const ill = { verdict: undefined, unhealthySince: now - 300_000 }
const seen = (us: 'Healthy' | 'Degraded') => ({
  clusters: [
    { name: 'eu', id: 'id-eu', state: 'Applied' as const, health: 'Degraded' as const },
    { name: 'us', id: 'id-us', state: 'Applied' as const, health: us },
  ],
})
const tainted = (timeAdded?: string): Cluster => ({
  ...eu,
  spec: { ...eu.spec, taints: [{ key: 'work', effect: 'NoExecute', ...(timeAdded ? { timeAdded } : {}) }] },
})
const toleratesWork: PropagationSpec = {
  ...policy,
  placement: { clusterTolerations: [{ key: 'work', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }] },
}

describe('wishOf()', () => {
  test.each<{ name: string; given: Partial<Sight>; want: string | undefined }>([
    { name: 'has all leave a cluster that failed', given: {}, want: 'ClusterFailed' },
    { name: 'has nothing leave one that is well', given: { verdict: undefined }, want: undefined },
    {
      name: 'has nothing leave while the guards hold',
      given: { verdict: { kind: 'hold', reason: 'HubMayBeCutOff', message: '' } },
      want: 'held HubMayBeCutOff',
    },
    { name: 'leaves what tolerates that', given: { policy: tolerating() }, want: 'held Tolerated' },
    { name: 'leaves what tolerates it for longer', given: { policy: tolerating(61) }, want: 'held Tolerated' },
    { name: 'moves what has tolerated it for long enough', given: { policy: tolerating(60) }, want: 'ClusterFailed' },
    { name: 'moves by order what tolerates it', given: { policy: tolerating(), isOrdered: true }, want: 'Ordered' },
    {
      name: 'leaves what is suspended',
      given: { policy: { ...policy, suspension: { dispatching: true } } },
      want: 'held Suspended',
    },
    { name: 'leaves what it cannot judge', given: { template: () => undefined }, want: 'held Unread' },
    { name: 'leaves what may run once', given: { policy: weighed(1) }, want: 'held Singleton' },
    { name: 'moves what may run twice', given: { policy: weighed(2) }, want: 'ClusterFailed' },
    {
      name: 'leaves what uses a volume of one node',
      given: { binding: withClaim, template: objects(object('Deployment', 'web'), claim('ReadWriteOnce')) },
      want: 'held Singleton',
    },
    {
      name: 'leaves what uses a volume that is not known',
      given: { binding: withClaim },
      want: 'held Singleton',
    },
    {
      name: 'moves what uses a volume of many',
      given: { binding: withClaim, template: objects(object('Deployment', 'web'), claim('ReadWriteMany')) },
      want: 'ClusterFailed',
    },
    {
      name: 'leaves a StatefulSet with volumes of its own',
      given: {
        binding: bindingOf({ workloads: [{ ref: stateful, components: [] }] }),
        template: objects(object('StatefulSet', 'db', { spec: { volumeClaimTemplates: [claim('ReadWriteOnce')] } })),
      },
      want: 'held Singleton',
    },
    {
      name: 'moves singletons of a cluster that is fenced',
      given: { policy: weighed(1), cluster: fenced },
      want: 'ClusterFailed',
    },
    { name: 'moves singletons by order', given: { policy: weighed(1), isOrdered: true }, want: 'Ordered' },
    {
      name: 'leaves a Job, which may have run there',
      given: {
        binding: bindingOf({ workloads: [{ ref: job, components: [] }] }),
        template: objects(object('Job', 'once')),
      },
      want: 'held Singleton',
    },
    {
      name: 'leaves what runs to its end by a rule of its kind, as it leaves a Job',
      given: { binding: bindingOf({ workloads: [{ ref, runsToCompletion: true, components: [] }] }) },
      want: 'held Singleton',
    },
    {
      name: 'leaves a Job that has ended, by order too',
      given: {
        isOrdered: true,
        binding: bindingOf({ workloads: [{ ref: job, components: [] }] }),
        template: objects(object('Job', 'once', { status: { conditions: [{ type: 'Complete', status: 'True' }] } })),
      },
      want: 'held Finished',
    },
    {
      name: 'moves what tolerates a taint no longer',
      given: { verdict: undefined, cluster: tainted('2026-03-01T11:59:00Z'), policy: toleratesWork },
      want: 'TaintNotTolerated',
    },
    {
      name: 'leaves what tolerates a taint as yet',
      given: { verdict: undefined, cluster: tainted('2026-03-01T11:59:01Z'), policy: toleratesWork },
      want: undefined,
    },
    {
      name: 'counts from when a taint was first seen',
      given: { verdict: undefined, cluster: tainted(), policy: toleratesWork, seenAt: () => now - 60_000 },
      want: 'TaintNotTolerated',
    },
    { name: 'leaves what is not healthy unless asked', given: ill, want: undefined },
    {
      name: 'moves what has not been healthy for 300 s',
      given: { ...ill, policy: failsOver() },
      want: 'ApplicationUnhealthy',
    },
    { name: 'or for as long as the policy says', given: { ...ill, policy: failsOver(301) }, want: undefined },
    {
      name: 'leaves what is healthy nowhere',
      given: { ...ill, policy: failsOver(), binding: bindingOf({}, seen('Degraded')) },
      want: 'held UnhealthyEverywhere',
    },
    {
      name: 'moves what is healthy elsewhere',
      given: { ...ill, policy: failsOver(), binding: bindingOf({}, seen('Healthy')) },
      want: 'ApplicationUnhealthy',
    },
    {
      name: 'has one move end before it begins another',
      given: {
        ...ill,
        policy: failsOver(),
        binding: bindingOf({
          decision: {
            forHash: 'h',
            clusters: [{ name: 'eu', id: 'id-eu', replicas: 3, from: 0 }],
            explanation: { trigger: '', inputHash: '', feasible: 1, rejected: {}, clusters: [] },
          },
        }),
      },
      want: undefined,
    },
  ])('$name', ({ given, want }) => {
    const wish = wishOf(sight(given))
    expect(wish?.kind === 'held' ? `held ${wish.reason}` : wish?.reason).toBe(want)
  })
})

describe('evictionFor()', () => {
  const wish = { kind: 'leave', reason: 'ClusterFailed', message: 'why' } as const
  const since = '2026-03-01T12:00:00Z'
  const common = { cluster: 'eu', id: 'id-eu', clusterUID: 'uid-eu', reason: 'ClusterFailed', message: 'why', since }
  test.each<{ name: string; given: PropagationSpec['failover']; want: object }>([
    { name: 'waits ten minutes', given: undefined, want: { graceSeconds: 600 } },
    { name: 'waits as the policy says', given: { cluster: { gracePeriodSeconds: 5 } }, want: { graceSeconds: 5 } },
    {
      name: 'does not wait where it is to be direct',
      given: { cluster: { purgeMode: 'Directly' } },
      want: { graceSeconds: 0, purgeMode: 'Directly' },
    },
  ])('$name', ({ given, want }) => {
    expect(evictionFor(eu, { ...policy, ...(given ? { failover: given } : {}) }, wish, since)).toEqual({
      ...common,
      ...want,
    })
  })
})
