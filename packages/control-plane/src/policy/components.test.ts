import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { loadCel } from '@flotilla/machinery/cel/program'
import { RuleBook } from '../interpreter/rule-book.ts'
import { componentsOf } from './components.ts'

await loadCel()

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
    {
      name: 'names the components of a gang',
      given: a('ray.io/v1', 'RayCluster', {
        headGroupSpec: { template },
        workerGroupSpecs: [{ groupName: 'small', replicas: 4, template }],
      }),
      want: [
        { name: 'head', replicas: 1, ...requirements },
        { name: 'small', replicas: 4, ...requirements },
      ],
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
    expect(componentsOf(given, new RuleBook([]))).toEqual(want)
  })
})
