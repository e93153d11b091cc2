import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { componentsOf, podRequest } from './components.ts'

function a(apiVersion: string, kind: string, spec: Readonly<Record<string, unknown>>): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', namespace: 'shop' }, spec }
}

const container = { resources: { requests: { cpu: '500m', memory: '64Mi' } } }
const requirements = { replicaRequirements: { resourceRequest: { cpu: '500m', memory: '64Mi' } } }
const template = { spec: { containers: [container] } }

describe('componentsOf()', () => {
  const cases = [
    {
      name: 'divides the replicas of a Deployment',
      given: a('apps/v1', 'Deployment', { replicas: 12, template }),
      want: [{ name: '', replicas: 12, ...requirements }],
    },
    {
      name: 'takes one replica where none are named',
      given: a('apps/v1', 'StatefulSet', { template }),
      want: [{ name: '', replicas: 1, ...requirements }],
    },
    {
      name: 'divides parallelism and completions of a Job',
      given: a('batch/v1', 'Job', { parallelism: 4, completions: 9, template }),
      want: [{ name: '', replicas: 4, completions: 9, ...requirements }],
    },
    { name: 'sends a DaemonSet whole', given: a('apps/v1', 'DaemonSet', { template }), want: [] },
    { name: 'sends a kind it does not know whole', given: a('x.io/v1', 'Thing', { replicas: 3 }), want: [] },
    {
      name: 'keeps which nodes the pods need',
      given: a('apps/v1', 'Deployment', {
        replicas: 2,
        template: {
          spec: {
            nodeSelector: { disk: 'ssd' },
            tolerations: [{ key: 'gpu', operator: 'Exists' }],
            affinity: {
              nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
            },
          },
        },
      }),
      want: [
        {
          name: '',
          replicas: 2,
          replicaRequirements: {
            nodeClaim: {
              nodeSelector: { disk: 'ssd' },
              tolerations: [{ key: 'gpu', operator: 'Exists' }],
              nodeAffinity: { nodeSelectorTerms: [] },
            },
          },
        },
      ],
    },
  ]
  test.each(cases)('$name', ({ given, want }) => {
    expect(componentsOf(given)).toEqual(want)
  })
})

describe('podRequest()', () => {
  const asks = (cpu: string, rest: object = {}) => ({ resources: { requests: { cpu } }, ...rest })
  const cases = [
    { name: 'adds containers up', given: { containers: [asks('1'), asks('500m')] }, want: { cpu: '1500m' } },
    {
      name: 'takes a larger init container instead',
      given: { containers: [asks('1')], initContainers: [asks('3'), asks('2')] },
      want: { cpu: '3' },
    },
    {
      name: 'adds sidecars to containers and to the init containers behind them',
      given: { containers: [asks('1')], initContainers: [asks('1', { restartPolicy: 'Always' }), asks('2')] },
      want: { cpu: '3' },
    },
    {
      name: 'takes a limit for a missing request',
      given: { containers: [{ resources: { limits: { cpu: '2' } } }] },
      want: { cpu: '2' },
    },
    {
      name: 'adds the overhead',
      given: { containers: [asks('1')], overhead: { cpu: '250m' } },
      want: { cpu: '1250m' },
    },
  ]
  test.each(cases)('$name', ({ given, want }) => {
    expect(podRequest(given)).toEqual(want)
  })
})
