import type { KubeObject } from '@flotilla/machinery/object'
import type { Dict } from '@flotilla/machinery/untyped'
import { describe, expect, test } from 'vitest'
import { projectRow } from '../members/row.ts'
import { noRules } from '../interpreter/rule-book.ts'
import { templateStatus, type Copy } from './template-status.ts'

const now = Date.UTC(2026, 0, 2)

function template(apiVersion: string, kind: string, more: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', generation: 2 }, spec: {}, ...more }
}

function copy(of: KubeObject, cluster: string, status: Dict | undefined, more: Partial<Copy> = {}): Copy {
  const annotations = { 'flotilla.dev/generation': '2' }
  const row = status && projectRow({ ...of, metadata: { name: 'x', generation: 1, annotations }, status }, now)
  return { cluster, isReachable: true, row, ...more }
}

describe('templateStatus()', () => {
  const done = (type: string) => [{ type, status: 'True', reason: 'r', message: 'm' }]
  test.each<{ name: string; of: KubeObject; statuses: (Dict | undefined)[]; want: Dict | undefined }>([
    {
      name: 'sums a StatefulSet and keeps its revisions apart while one rolls',
      of: template('apps/v1', 'StatefulSet'),
      statuses: [
        { replicas: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'a' },
        { replicas: 2, readyReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      ],
      want: { observedGeneration: 2, replicas: 3, readyReplicas: 2, currentRevision: 'a', updateRevision: 'b' },
    },
    {
      name: 'sums a DaemonSet, its required counts being there when 0',
      of: template('apps/v1', 'DaemonSet'),
      statuses: [{ desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 2, numberAvailable: 2 }],
      want: {
        observedGeneration: 2,
        desiredNumberScheduled: 3,
        currentNumberScheduled: 3,
        numberReady: 2,
        numberAvailable: 2,
        numberMisscheduled: 0,
      },
    },
    {
      name: 'sums a ReplicaSet',
      of: template('apps/v1', 'ReplicaSet'),
      statuses: [{ replicas: 1, readyReplicas: 1 }, { replicas: 2 }],
      want: { observedGeneration: 2, replicas: 3, readyReplicas: 1 },
    },
    {
      name: 'completes a Job with its last copy',
      of: template('batch/v1', 'Job'),
      statuses: [
        {
          succeeded: 1,
          startTime: '2026-01-01T00:00:01Z',
          completionTime: '2026-01-01T00:00:05Z',
          conditions: done('Complete'),
        },
        {
          succeeded: 2,
          startTime: '2026-01-01T00:00:00Z',
          completionTime: '2026-01-01T00:00:09Z',
          conditions: done('Complete'),
        },
      ],
      want: {
        succeeded: 3,
        startTime: '2026-01-01T00:00:00Z',
        completionTime: '2026-01-01T00:00:09Z',
        conditions: [
          expect.objectContaining({ type: 'SuccessCriteriaMet' }),
          expect.objectContaining({ type: 'Complete' }),
        ],
      },
    },
    {
      name: 'does not complete a Job before',
      of: template('batch/v1', 'Job'),
      statuses: [{ succeeded: 1, conditions: done('Complete') }, { active: 1 }],
      want: { succeeded: 1, active: 1 },
    },
    {
      name: 'fails a Job when a copy failed and nothing runs any more',
      of: template('batch/v1', 'Job'),
      statuses: [{ failed: 1, conditions: done('Failed') }, { succeeded: 1 }],
      want: {
        failed: 1,
        succeeded: 1,
        conditions: [
          expect.objectContaining({ type: 'FailureTarget' }),
          expect.objectContaining({ type: 'Failed', reason: 'r' }),
        ],
      },
    },
    {
      name: 'leaves a Job finished whose copies are cleaned up',
      of: template('batch/v1', 'Job', { status: { succeeded: 1, conditions: done('Complete') } }),
      statuses: [undefined],
      want: { succeeded: 1, conditions: done('Complete') },
    },
    {
      name: 'takes the latest times of a CronJob',
      of: template('batch/v1', 'CronJob'),
      statuses: [{ lastScheduleTime: '2026-01-01T00:00:00Z' }, { lastScheduleTime: '2026-01-02T00:00:00Z' }],
      want: { lastScheduleTime: '2026-01-02T00:00:00Z' },
    },
    ...['Service', 'Ingress'].map((kind) => ({
      name: `gathers the addresses of a ${kind}, each once`,
      of: template(kind === 'Service' ? 'v1' : 'networking.k8s.io/v1', kind),
      statuses: [
        { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } },
        { loadBalancer: { ingress: [{ ip: '1.1.1.1' }, { ip: '2.2.2.2' }] } },
      ],
      want: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }, { ip: '2.2.2.2' }] } },
    })),
    {
      name: 'binds a claim when every copy is bound',
      of: template('v1', 'PersistentVolumeClaim'),
      statuses: [{ phase: 'Bound' }, { phase: 'Bound' }],
      want: { phase: 'Bound' },
    },
    {
      name: 'keeps a claim pending when one copy is',
      of: template('v1', 'PersistentVolumeClaim'),
      statuses: [{ phase: 'Bound' }, { phase: 'Pending' }],
      want: { phase: 'Pending' },
    },
    {
      name: 'sums a PodDisruptionBudget',
      of: template('policy/v1', 'PodDisruptionBudget'),
      statuses: [{ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 }],
      want: { observedGeneration: 2, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
    },
    {
      name: 'sums a HorizontalPodAutoscaler',
      of: template('autoscaling/v2', 'HorizontalPodAutoscaler'),
      statuses: [
        { currentReplicas: 1, desiredReplicas: 2 },
        { currentReplicas: 3, desiredReplicas: 3 },
      ],
      want: { observedGeneration: 2, currentReplicas: 4, desiredReplicas: 5 },
    },
    {
      name: 'says nothing of kinds that it does not fold',
      of: template('v1', 'ConfigMap'),
      statuses: [{}],
      want: undefined,
    },
  ])('$name', ({ of, statuses, want }) => {
    const copies = statuses.map((status, index) => copy(of, `c${index}`, status))
    expect(templateStatus(of, copies, now, noRules)).toEqual(want)
  })

  const web = template('apps/v1', 'Deployment', { status: { observedGeneration: 1 } })

  test.each([
    {
      name: 'a copy has not been seen',
      copies: [copy(web, 'a', { observedGeneration: 1 }), copy(web, 'b', undefined)],
    },
    { name: 'a member is away', copies: [copy(web, 'a', { observedGeneration: 1 }, { isReachable: false })] },
    { name: "the member's controller lags", copies: [copy(web, 'a', { observedGeneration: 0 })] },
    { name: 'there is no copy', copies: [] },
  ])('does not observe the generation while $name', ({ copies }) => {
    expect(templateStatus(web, copies, now, noRules)).toMatchObject({ observedGeneration: 1 })
  })

  test('does not count ready what a member that is away was seen to have', () => {
    const status = { replicas: 2, readyReplicas: 2 }
    const copies = [copy(web, 'a', status), copy(web, 'b', status, { isReachable: false })]
    expect(templateStatus(web, copies, now, noRules)).toMatchObject({ replicas: 4, readyReplicas: 2 })
  })

  test('is Available where every copy is, and names the first that is not', () => {
    const condition = (status: string) => ({ conditions: [{ type: 'Available', status, reason: 'r', message: 'why' }] })
    const copies = [copy(web, 'a', condition('True')), copy(web, 'b', condition('False'))]
    expect(templateStatus(web, copies, now, noRules)).toMatchObject({
      conditions: [
        {
          type: 'Available',
          status: 'False',
          reason: 'r',
          message: 'b: why',
          lastTransitionTime: '2026-01-02T00:00:00Z',
        },
      ],
    })
  })
})
