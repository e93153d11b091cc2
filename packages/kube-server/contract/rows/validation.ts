// What the server refuses in built-in kinds, with every field it names.
import { post, row } from '../row.ts'
import type { Row } from '../row.ts'
import { configMaps, deployment, deployments, pod, pods, podTemplate, service, services } from './objects.ts'

type Fields = Readonly<Record<string, unknown>>

const core = '/api/v1/namespaces/{ns}'
const networking = '/apis/networking.k8s.io/v1/namespaces/{ns}'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const job = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } } }

function spec(fields: Fields): Fields {
  return { metadata: { name: 'a' }, spec: fields }
}

const cases: readonly (readonly [name: string, path: string, body: Fields])[] = [
  ['Deployment without a spec', deployments, { metadata: { name: 'a' } }],
  ['Deployment without a selector', deployments, spec({ template: podTemplate() })],
  ['Deployment with an empty selector', deployments, deployment('a', { selector: {} })],
  [
    'Deployment whose selector does not match',
    deployments,
    deployment('a', { selector: { matchLabels: { app: 'b' } } }),
  ],
  [
    'Deployment with a bad selector',
    deployments,
    deployment('a', { selector: { matchExpressions: [{ key: 'app', operator: 'Like', values: ['a'] }] } }),
  ],
  [
    'Deployment with negative numbers',
    deployments,
    deployment('a', { replicas: -1, minReadySeconds: -1, revisionHistoryLimit: -1, progressDeadlineSeconds: -1 }),
  ],
  ['Deployment with a bad strategy', deployments, deployment('a', { strategy: { type: 'Fast' } })],
  [
    'Deployment that recreates and rolls',
    deployments,
    deployment('a', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
  ],
  [
    'Deployment that can never proceed',
    deployments,
    deployment('a', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
  ],
  [
    'Deployment with a bad percentage',
    deployments,
    deployment('a', { strategy: { rollingUpdate: { maxSurge: '200', maxUnavailable: '150%' } } }),
  ],
  [
    'Deployment whose pods end',
    deployments,
    deployment('a', { template: podTemplate({}, { restartPolicy: 'Never' }) }),
  ],
  ['Deployment with a bad name', deployments, deployment('A b')],
  ['Pod without containers', pods, spec({ containers: [] })],
  ['Pod whose container has no name', pods, spec({ containers: [{ image: 'i' }] })],
  ['Pod whose container has no image', pods, spec({ containers: [{ name: 'c' }] })],
  ['Pod with a bad container name', pods, pod('a', { name: 'C_' })],
  [
    'Pod with two containers of a name',
    pods,
    spec({
      containers: [
        { name: 'c', image: 'i' },
        { name: 'c', image: 'i' },
      ],
    }),
  ],
  [
    'Pod with bad policies',
    pods,
    pod(
      'a',
      { imagePullPolicy: 'Sometimes', terminationMessagePolicy: 'X' },
      { restartPolicy: 'Maybe', dnsPolicy: 'X' },
    ),
  ],
  [
    'Pod with bad ports',
    pods,
    pod('a', {
      ports: [
        { containerPort: 0 },
        { containerPort: 70000 },
        { containerPort: 1, protocol: 'X' },
        { containerPort: 1, name: 'too-long-port-name' },
        { containerPort: 2, hostPort: 3 },
      ],
    }),
  ],
  [
    'Pod with bad environment',
    pods,
    pod('a', {
      env: [
        { name: '' },
        { name: 'a=b' },
        { name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'x' } } },
      ],
    }),
  ],
  ['Pod with a missing volume', pods, pod('a', { volumeMounts: [{ name: 'v', mountPath: '/x' }] })],
  [
    'Pod with two mounts at a path',
    pods,
    pod(
      'a',
      {
        volumeMounts: [
          { name: 'v', mountPath: '/x' },
          { name: 'v', mountPath: '/x' },
        ],
      },
      { volumes: [{ name: 'v' }] },
    ),
  ],
  [
    'Pod with two sources of a volume',
    pods,
    pod('a', {}, { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] }),
  ],
  [
    'Pod with bad volumes',
    pods,
    pod(
      'a',
      {},
      {
        volumes: [
          { name: 'V_' },
          { name: 'w', secret: {} },
          { name: 'w', configMap: {} },
          { name: 'x', hostPath: { path: '../..' } },
        ],
      },
    ),
  ],
  [
    'Pod with requests above limits',
    pods,
    pod('a', { resources: { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '1', memory: '1Mi' } } }),
  ],
  ['Pod with bad resources', pods, pod('a', { resources: { requests: { cpu: '-1', 'bad resource': '1' } } })],
  [
    'Pod with bad probes',
    pods,
    pod('a', {
      livenessProbe: { httpGet: { port: 0 }, tcpSocket: { port: 1 } },
      readinessProbe: {},
      startupProbe: { exec: { command: [] }, periodSeconds: -1 },
    }),
  ],
  [
    'Pod with bad tolerations',
    pods,
    pod(
      'a',
      {},
      {
        tolerations: [
          { operator: 'Like', key: 'x' },
          { operator: 'Exists', key: 'x', value: 'y' },
          { effect: 'X', key: 'k' },
        ],
      },
    ),
  ],
  ['Pod with a bad node selector', pods, pod('a', {}, { nodeSelector: { 'a b': 'c d' } })],
  [
    'Pod with bad affinity',
    pods,
    pod(
      'a',
      {},
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
            },
          },
        },
      },
    ),
  ],
  [
    'Pod with a bad grace period and deadline',
    pods,
    pod('a', {}, { terminationGracePeriodSeconds: -5, activeDeadlineSeconds: 0 }),
  ],
  ['Pod of a service account that is not there', pods, pod('a', {}, { serviceAccountName: 'none' })],
  ['Pod of a priority class that is not there', pods, pod('a', {}, { priorityClassName: 'none' })],
  ['Service without ports', services, spec({ ports: [] })],
  [
    'Service with bad ports',
    services,
    spec({
      ports: [{ port: 0 }, { port: 80, name: 'a' }, { port: 80, name: 'a' }, { port: 81, protocol: 'X', name: 'B_' }],
    }),
  ],
  ['Service with unnamed ports', services, spec({ ports: [{ port: 80 }, { port: 81 }] })],
  ['Service with a bad type and affinity', services, service('a', { type: 'X', sessionAffinity: 'Y' })],
  ['Service with a bad address', services, service('a', { clusterIP: '300.1.1.1' })],
  ['Service out of the range', services, service('a', { clusterIP: '192.0.2.1' })],
  ['Service of another name without it', services, spec({ type: 'ExternalName' })],
  ['Service with a bad node port', services, service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 5 }] })],
  ['Service with a bad name', services, service('1.a')],
  [
    'ConfigMap with bad keys',
    configMaps,
    { metadata: { name: 'a' }, data: { 'a b': '', '..': '', ok: '' }, binaryData: { ok: 'eA==' } },
  ],
  ['ConfigMap that is too large', configMaps, { metadata: { name: 'a' }, data: { x: 'y'.repeat(1_048_577) } }],
  ['Secret with bad keys', `${core}/secrets`, { metadata: { name: 'a' }, data: { 'a b': '' } }],
  ['Secret of TLS without its keys', `${core}/secrets`, { metadata: { name: 'a' }, type: 'kubernetes.io/tls' }],
  [
    'Secret of a registry with bad JSON',
    `${core}/secrets`,
    { metadata: { name: 'a' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } },
  ],
  [
    'Secret of a service account that is not there',
    `${core}/secrets`,
    { metadata: { name: 'a' }, type: 'kubernetes.io/service-account-token' },
  ],
  ['Job that restarts always', '/apis/batch/v1/namespaces/{ns}/jobs', spec({ template: podTemplate() })],
  [
    'Job with negative numbers',
    '/apis/batch/v1/namespaces/{ns}/jobs',
    spec({ ...job, parallelism: -1, completions: -1, backoffLimit: -1, activeDeadlineSeconds: -1 }),
  ],
  [
    'CronJob with a bad schedule',
    '/apis/batch/v1/namespaces/{ns}/cronjobs',
    spec({ schedule: 'often', jobTemplate: { spec: job }, concurrencyPolicy: 'X' }),
  ],
  ['StatefulSet without a spec', '/apis/apps/v1/namespaces/{ns}/statefulsets', { metadata: { name: 'a' } }],
  [
    'StatefulSet with bad policies',
    '/apis/apps/v1/namespaces/{ns}/statefulsets',
    deployment('a', { podManagementPolicy: 'X', updateStrategy: { type: 'Y' } }),
  ],
  [
    'DaemonSet with a bad strategy',
    '/apis/apps/v1/namespaces/{ns}/daemonsets',
    deployment('a', { updateStrategy: { type: 'X' } }),
  ],
  [
    'HorizontalPodAutoscaler without bounds',
    '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
    spec({ scaleTargetRef: {}, minReplicas: 0 }),
  ],
  [
    'HorizontalPodAutoscaler with min above max',
    '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
    spec({ scaleTargetRef: { kind: 'Deployment', name: 'd' }, minReplicas: 5, maxReplicas: 3 }),
  ],
  [
    'PodDisruptionBudget with both bounds',
    '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets',
    spec({ minAvailable: 1, maxUnavailable: 1 }),
  ],
  ['Ingress without rules', `${networking}/ingresses`, spec({})],
  [
    'Ingress with bad rules',
    `${networking}/ingresses`,
    spec({
      rules: [
        {
          host: '1.2.3.4',
          http: {
            paths: [
              { path: 'x', pathType: 'Prefix', backend: {} },
              { path: '/y', backend: { service: { name: 's' } } },
            ],
          },
        },
      ],
    }),
  ],
  [
    'NetworkPolicy with bad peers',
    `${networking}/networkpolicies`,
    spec({
      podSelector: {},
      ingress: [{ from: [{}, { ipBlock: { cidr: 'x' } }], ports: [{ port: 0 }] }],
      policyTypes: ['X'],
    }),
  ],
  [
    'Role with bad rules',
    `${rbac}/namespaces/{ns}/roles`,
    {
      metadata: { name: 'a' },
      rules: [{ verbs: [] }, { verbs: ['get'], nonResourceURLs: ['/x'] }, { verbs: ['get'], apiGroups: [''] }],
    },
  ],
  [
    'RoleBinding with bad references',
    `${rbac}/namespaces/{ns}/rolebindings`,
    {
      metadata: { name: 'a' },
      roleRef: { kind: 'X', name: '' },
      subjects: [{ kind: 'User' }, { kind: 'X', name: 'y' }, { kind: 'ServiceAccount', name: 'S_' }],
    },
  ],
  ['PersistentVolumeClaim without a size', `${core}/persistentvolumeclaims`, spec({ accessModes: [] })],
  ['ResourceQuota with bad resources', `${core}/resourcequotas`, spec({ hard: { nope: '1', pods: '-1' } })],
  [
    'LimitRange with bad bounds',
    `${core}/limitranges`,
    spec({ limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }, { type: 'X' }] }),
  ],
  [
    'Endpoints with bad addresses',
    `${core}/endpoints`,
    { metadata: { name: 'a' }, subsets: [{ addresses: [{ ip: 'x' }], ports: [{ port: 0 }] }] },
  ],
  [
    'EndpointSlice without a type',
    '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
    { metadata: { name: 'a' }, endpoints: [] },
  ],
  [
    'Lease with bad times',
    '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
    spec({ leaseDurationSeconds: 0, leaseTransitions: -1 }),
  ],
  ['Event in another namespace', `${core}/events`, { metadata: { name: 'a' }, involvedObject: { namespace: 'other' } }],
  ['Namespace with a bad name', '/api/v1/namespaces', { metadata: { name: '{ns}.a' } }],
  [
    'PriorityClass that is too high',
    '/apis/scheduling.k8s.io/v1/priorityclasses',
    { metadata: { name: '{ns}' }, value: 2_000_000_000 },
  ],
  ['StorageClass without a provisioner', '/apis/storage.k8s.io/v1/storageclasses', { metadata: { name: '{ns}' } }],
  [
    'ClusterRoleBinding to a Role',
    `${rbac}/clusterrolebindings`,
    { metadata: { name: '{ns}' }, roleRef: { kind: 'Role', name: 'r' } },
  ],
]

export const validationRows: readonly Row[] = cases.map(([name, path, body]) =>
  row(`validation of a ${name}`, post(path, body)),
)
