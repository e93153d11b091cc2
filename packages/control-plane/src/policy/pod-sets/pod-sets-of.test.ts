import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { podRequest } from '../../pod-request.ts'
import { toKibibytes } from './flink.ts'
import { podSetsOf } from './pod-sets-of.ts'

function a(apiVersion: string, kind: string, spec: Readonly<Record<string, unknown>>): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', namespace: 'shop' }, spec }
}

function pods(cpu: string): object {
  return { spec: { containers: [{ resources: { requests: { cpu } } }] } }
}

/** Name, replicas and what a pod asks for. */
function read(template: KubeObject) {
  return podSetsOf(template)?.map(({ name, replicas, pod }) => [name, replicas, podRequest(pod.spec)])
}

const rayCluster = {
  headGroupSpec: { template: pods('2') },
  workerGroupSpecs: [
    { groupName: 'small', replicas: 3, template: pods('4') },
    { groupName: 'large', replicas: 9, maxReplicas: 2, numOfHosts: 4, template: pods('8') },
    { groupName: 'none', template: pods('8') },
    { groupName: 'few', minReplicas: 1, template: pods('1') },
  ],
}

const rayPods = [
  ['head', 1, { cpu: '2' }],
  ['small', 3, { cpu: '4' }],
  ['large', 8, { cpu: '8' }],
  ['none', 0, { cpu: '8' }],
  ['few', 1, { cpu: '1' }],
]

describe('podSetsOf()', () => {
  const cases = [
    { name: 'a RayCluster', given: a('ray.io/v1', 'RayCluster', rayCluster), want: rayPods },
    {
      name: 'a RayCluster that scales itself, with its autoscaler',
      given: a('ray.io/v1', 'RayCluster', { headGroupSpec: { template: pods('2') }, enableInTreeAutoscaling: true }),
      want: [['head', 1, { cpu: '2500m', memory: '512Mi' }]],
    },
    {
      name: 'a RayService',
      given: a('ray.io/v1', 'RayService', { rayClusterConfig: rayCluster }),
      want: rayPods,
    },
    {
      name: 'a RayJob, with who submits it',
      given: a('ray.io/v1', 'RayJob', { rayClusterSpec: rayCluster }),
      want: [...rayPods, ['submitter', 1, { cpu: '500m', memory: '200Mi' }]],
    },
    {
      name: 'a RayJob of a cluster that is there already',
      given: a('ray.io/v1', 'RayJob', { clusterSelector: { 'ray.io/cluster': 'x' }, submissionMode: 'HTTPMode' }),
      want: [],
    },
    {
      name: 'a FlinkDeployment whose job needs so many slots',
      given: a('flink.apache.org/v1beta1', 'FlinkDeployment', {
        flinkConfiguration: { 'taskmanager.numberOfTaskSlots': '2' },
        jobManager: { resource: { memory: '2048m', cpu: 1 } },
        taskManager: { resource: { memory: '4 gb', cpu: 2.5 } },
        job: { parallelism: 7 },
      }),
      want: [
        ['jobmanager', 1, { cpu: '1', memory: '2Gi' }],
        ['taskmanager', 4, { cpu: '2500m', memory: '4Gi' }],
      ],
    },
    {
      name: 'a FlinkDeployment that names its task managers, with a sidecar',
      given: a('flink.apache.org/v1beta1', 'FlinkDeployment', {
        podTemplate: { spec: { containers: [{ name: 'logs', resources: { requests: { cpu: '100m' } } }] } },
        taskManager: { replicas: 3 },
      }),
      want: [
        ['jobmanager', 1, { cpu: '1100m' }],
        ['taskmanager', 3, { cpu: '1100m' }],
      ],
    },
    {
      name: 'a Volcano Job',
      given: a('batch.volcano.sh/v1alpha1', 'Job', {
        tasks: [
          { name: 'master', template: pods('1') },
          { replicas: 5, template: pods('2') },
        ],
      }),
      want: [
        ['master', 1, { cpu: '1' }],
        ['default1', 5, { cpu: '2' }],
      ],
    },
    {
      name: 'a JobSet',
      given: a('jobset.x-k8s.io/v1alpha2', 'JobSet', {
        replicatedJobs: [
          { name: 'driver', template: { spec: { template: pods('1') } } },
          { name: 'workers', replicas: 3, template: { spec: { parallelism: 4, template: pods('2') } } },
        ],
      }),
      want: [
        ['driver', 1, { cpu: '1' }],
        ['workers', 12, { cpu: '2' }],
      ],
    },
    {
      name: 'a LeaderWorkerSet',
      given: a('leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet', {
        replicas: 2,
        leaderWorkerTemplate: { size: 4, workerTemplate: pods('2') },
      }),
      want: [
        ['leader', 2, { cpu: '2' }],
        ['workers', 6, { cpu: '2' }],
      ],
    },
    {
      name: 'a TFJob, its roles in one order',
      given: a('kubeflow.org/v1', 'TFJob', {
        tfReplicaSpecs: { Worker: { replicas: 3, template: pods('2') }, PS: { template: pods('1') } },
      }),
      want: [
        ['ps', 1, { cpu: '1' }],
        ['worker', 3, { cpu: '2' }],
      ],
    },
    {
      name: 'numbers that mean nothing',
      given: a('batch.volcano.sh/v1alpha1', 'Job', {
        tasks: [-3, 1.5, 1e300, 'x', null].map((replicas) => ({ name: 'a', replicas, template: pods('1') })),
      }),
      want: [0, 1, 2 ** 31 - 1, 1, 1].map((replicas) => ['a', replicas, { cpu: '1' }]),
    },
    { name: 'an empty RayCluster', given: a('ray.io/v1', 'RayCluster', {}), want: [['head', 1, {}]] },
    { name: 'no other kind', given: a('batch/v1', 'Job', { tasks: [] }), want: undefined },
  ]
  test.each(cases)('reads $name', ({ given, want }) => {
    expect(read(given)).toEqual(want)
  })
})

describe('toKibibytes()', () => {
  const cases = [
    ['2048m', '2097152Ki'],
    ['1g', '1048576Ki'],
    ['1.5 GB', '1572864Ki'],
    ['2Gi', '2097152Ki'],
    ['1025', '2Ki'],
    ['lots', undefined],
    [undefined, undefined],
  ] as const
  test.each(cases)('of %s is %s', (given, want) => {
    expect(toKibibytes(given)).toBe(want)
  })
})
