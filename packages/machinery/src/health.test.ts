// Health of each kind, as a table.
import { describe, expect, it } from 'vitest'
import { healthOf, type HealthState } from './health.ts'
import type { KubeObject } from './object.ts'

function of(apiVersion: string, kind: string, spec: object, status: object, metadata: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', ...metadata }, spec, status }
}

const condition = (type: string, status: string, reason = '', message = '') => ({
  conditions: [{ type, status, reason, message }],
})
const full = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 }
const loadBalancer = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }
const crashing = {
  phase: 'Running',
  containerStatuses: [{ name: 'c', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
}

const cases: readonly { name: string; given: KubeObject; want: HealthState; message?: string }[] = [
  {
    name: 'a full Deployment',
    given: of('apps/v1', 'Deployment', { replicas: 3 }, full),
    want: 'Healthy',
    message: '',
  },
  {
    name: 'a growing Deployment',
    given: of('apps/v1', 'Deployment', { replicas: 3 }, { ...full, availableReplicas: 2 }),
    want: 'Progressing',
    message: '2 of 3 replicas are available',
  },
  {
    name: 'a Deployment that rolls out',
    given: of('apps/v1', 'Deployment', { replicas: 3 }, { ...full, replicas: 4 }),
    want: 'Progressing',
  },
  {
    name: 'a stuck Deployment',
    given: of(
      'apps/v1',
      'Deployment',
      {},
      { ...full, ...condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'too late') },
    ),
    want: 'Degraded',
    message: 'too late',
  },
  {
    name: 'a paused Deployment',
    given: of('apps/v1', 'Deployment', { replicas: 3, paused: true }, { updatedReplicas: 1 }),
    want: 'Suspended',
  },
  {
    name: 'an unobserved generation',
    given: of('apps/v1', 'Deployment', { replicas: 3 }, { ...full, observedGeneration: 1 }, { generation: 2 }),
    want: 'Progressing',
    message: 'Generation 2 is not observed yet, 1 is',
  },
  { name: 'a full StatefulSet', given: of('apps/v1', 'StatefulSet', { replicas: 3 }, full), want: 'Healthy' },
  {
    name: 'a StatefulSet with a partition',
    given: of(
      'apps/v1',
      'StatefulSet',
      { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
      { ...full, updatedReplicas: 1 },
    ),
    want: 'Healthy',
  },
  {
    name: 'a DaemonSet',
    given: of(
      'apps/v1',
      'DaemonSet',
      {},
      { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
    ),
    want: 'Healthy',
  },
  { name: 'a DaemonSet unseen', given: of('apps/v1', 'DaemonSet', {}, {}), want: 'Progressing' },
  { name: 'a ReplicaSet', given: of('apps/v1', 'ReplicaSet', { replicas: 0 }, {}), want: 'Healthy' },
  { name: 'a finished Job', given: of('batch/v1', 'Job', {}, condition('Complete', 'True')), want: 'Healthy' },
  {
    name: 'a failed Job',
    given: of('batch/v1', 'Job', {}, condition('Failed', 'True', '', 'too often')),
    want: 'Degraded',
    message: 'too often',
  },
  {
    name: 'a running Job',
    given: of('batch/v1', 'Job', { completions: 5 }, { succeeded: 2, active: 1 }),
    want: 'Progressing',
    message: '2 of 5 completions, 1 active',
  },
  { name: 'a suspended CronJob', given: of('batch/v1', 'CronJob', { suspend: true }, {}), want: 'Suspended' },
  {
    name: 'a ready Pod',
    given: of('v1', 'Pod', {}, { phase: 'Running', ...condition('Ready', 'True') }),
    want: 'Healthy',
  },
  {
    name: 'a crashing Pod',
    given: of('v1', 'Pod', {}, crashing),
    want: 'Degraded',
    message: 'Container c: CrashLoopBackOff',
  },
  {
    name: 'an unschedulable Pod',
    given: of('v1', 'Pod', {}, { phase: 'Pending', ...condition('PodScheduled', 'False', 'Unschedulable', '0/3') }),
    want: 'Degraded',
    message: '0/3',
  },
  { name: 'a ClusterIP Service', given: of('v1', 'Service', { type: 'ClusterIP' }, {}), want: 'Healthy' },
  {
    name: 'a pending load balancer',
    given: of('v1', 'Service', { type: 'LoadBalancer' }, { loadBalancer: {} }),
    want: 'Progressing',
  },
  { name: 'a load balancer', given: of('v1', 'Service', { type: 'LoadBalancer' }, loadBalancer), want: 'Healthy' },
  {
    name: 'an Ingress without address',
    given: of('networking.k8s.io/v1', 'Ingress', {}, {}),
    want: 'Healthy',
    message: 'It has no address',
  },
  { name: 'a bound claim', given: of('v1', 'PersistentVolumeClaim', {}, { phase: 'Bound' }), want: 'Healthy' },
  { name: 'a lost claim', given: of('v1', 'PersistentVolumeClaim', {}, { phase: 'Lost' }), want: 'Degraded' },
  {
    name: 'a broken budget',
    given: of('policy/v1', 'PodDisruptionBudget', {}, { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 2 }),
    want: 'Degraded',
  },
  {
    name: 'an autoscaler without metrics',
    given: of(
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      {},
      condition('ScalingActive', 'False', 'FailedGetResourceMetric', 'no metrics'),
    ),
    want: 'Degraded',
    message: 'no metrics',
  },
  {
    name: 'anything without status',
    given: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
    want: 'Healthy',
  },
  {
    name: 'anything not ready',
    given: of('x.io/v1', 'Thing', {}, condition('Ready', 'False', '', 'wait')),
    want: 'Progressing',
    message: 'wait',
  },
  {
    name: 'anything of unknown readiness',
    given: of('x.io/v1', 'Thing', {}, condition('Ready', 'Unknown', 'Lost')),
    want: 'Unknown',
    message: 'Lost',
  },
  {
    name: 'anything stalled',
    given: of('x.io/v1', 'Thing', {}, condition('Stalled', 'True', 'Broken')),
    want: 'Degraded',
    message: 'Broken',
  },
  { name: 'a kind named like an Object field', given: of('v1', 'constructor', {}, {}), want: 'Healthy' },
  {
    name: 'anything on its way out',
    given: of('v1', 'ConfigMap', {}, {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    want: 'Progressing',
  },
]

describe('healthOf()', () => {
  it.each(cases)('judges $name $want', ({ given, want, message }) => {
    const health = healthOf(given)
    expect(health.state).toBe(want)
    expect(health.message).toBe(message ?? health.message)
  })
})
