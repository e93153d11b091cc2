// What the server adds to the smallest object of each built-in kind.
import { post, remove, row } from '../row.ts'
import type { Row } from '../row.ts'
import { deployments, pod, pods, podTemplate, service, services } from './objects.ts'

type Fields = Readonly<Record<string, unknown>>

const core = '/api/v1/namespaces/{ns}'
const apps = '/apis/apps/v1/namespaces/{ns}'
const batch = '/apis/batch/v1/namespaces/{ns}'
const networking = '/apis/networking.k8s.io/v1/namespaces/{ns}'
const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}'
const scalers = '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers'
const workload = { selector: { matchLabels: { app: 'a' } }, template: podTemplate() }
const job = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } } }
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }

function spec(fields: Fields): Fields {
  return { metadata: { name: 'a' }, spec: fields }
}

function volume(name: string, source: Fields): readonly [string, string, Fields] {
  return [`Pod with a ${name} volume`, pods, pod('a', {}, { volumes: [{ name: 'v', ...source }] })]
}

function image(name: string): readonly [string, string, Fields] {
  return [`Pod of the image ${name}`, pods, pod('a', { image: name })]
}

const namespaced: readonly (readonly [name: string, path: string, body: Fields])[] = [
  ['Deployment', deployments, spec(workload)],
  ['Deployment that recreates', deployments, spec({ ...workload, strategy: { type: 'Recreate' } })],
  ['Deployment with half a strategy', deployments, spec({ ...workload, strategy: { rollingUpdate: { maxSurge: 1 } } })],
  [
    'StatefulSet',
    `${apps}/statefulsets`,
    spec({
      ...workload,
      volumeClaimTemplates: [
        {
          metadata: { name: 'd' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    }),
  ],
  [
    'StatefulSet updated on delete',
    `${apps}/statefulsets`,
    spec({ ...workload, updateStrategy: { type: 'OnDelete' } }),
  ],
  ['DaemonSet', `${apps}/daemonsets`, spec(workload)],
  ['DaemonSet updated on delete', `${apps}/daemonsets`, spec({ ...workload, updateStrategy: { type: 'OnDelete' } })],
  ['ReplicaSet', `${apps}/replicasets`, spec(workload)],
  ['ReplicationController', `${core}/replicationcontrollers`, spec({ template: podTemplate() })],
  ['Job', `${batch}/jobs`, spec(job)],
  ['Job of several', `${batch}/jobs`, spec({ ...job, completions: 4 })],
  [
    'Job with indexes',
    `${batch}/jobs`,
    spec({ ...job, completions: 4, completionMode: 'Indexed', backoffLimitPerIndex: 1 }),
  ],
  ['CronJob', `${batch}/cronjobs`, spec({ schedule: '0 0 * * *', jobTemplate: { spec: job } })],
  ['Pod', pods, pod('a')],
  ['Pod with its token', pods, spec({ containers: [{ name: 'c', image: 'i:1' }] })],
  ['Pod with limits', pods, pod('a', { resources: { limits: { cpu: '1', memory: '1Gi' } } })],
  [
    'Pod with limits and some requests',
    pods,
    pod('a', { resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } } }),
  ],
  ['Pod on the host network', pods, pod('a', { ports: [{ containerPort: 80 }] }, { hostNetwork: true })],
  [
    'Pod with probes',
    pods,
    pod('a', {
      livenessProbe: { httpGet: { port: 80 } },
      readinessProbe: { tcpSocket: { port: 'x' } },
      startupProbe: { grpc: { port: 1 } },
      lifecycle: { preStop: { exec: { command: ['x'] } } },
    }),
  ],
  [
    'Pod with ports and environment',
    pods,
    pod('a', {
      ports: [{ containerPort: 80 }],
      env: [
        { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'C' },
      ],
    }),
  ],
  [
    'Pod with init containers and tolerations',
    pods,
    pod('a', {}, { initContainers: [{ name: 'i', image: 'i' }], tolerations: [{ key: 'x', operator: 'Exists' }] }),
  ],
  [
    'Pod with spread and affinity',
    pods,
    pod(
      'a',
      {},
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
        ],
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'h', labelSelector: {} }],
          },
        },
      },
    ),
  ],
  image('i'),
  image('i:latest'),
  image('i:1'),
  image('r.io:5000/i'),
  image('r.io/i@sha256:0000000000000000000000000000000000000000000000000000000000000000'),
  volume('bare', {}),
  volume('secret', { secret: { secretName: 's' } }),
  volume('config map', { configMap: { name: 'm' } }),
  volume('host path', { hostPath: { path: '/x' } }),
  volume('downward', { downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.labels' } }] } }),
  volume('projected', {
    projected: { sources: [{ serviceAccountToken: { path: 't' } }, { configMap: { name: 'm' } }] },
  }),
  volume('claimed', { persistentVolumeClaim: { claimName: 'c' } }),
  volume('ephemeral', {
    ephemeral: {
      volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    },
  }),
  volume('empty', { emptyDir: { sizeLimit: '1024Mi' } }),
  ['Service', services, service('a')],
  ['Service for nodes', services, service('a', { type: 'NodePort' })],
  ['Service with a load balancer', services, service('a', { type: 'LoadBalancer' })],
  ['Service that is headless', services, service('a', { clusterIP: 'None' })],
  ['Service of another name', services, spec({ type: 'ExternalName', externalName: 'x.example.com' })],
  ['Service with affinity', services, service('a', { sessionAffinity: 'ClientIP' })],
  ['ConfigMap', `${core}/configmaps`, { metadata: { name: 'a' } }],
  ['Secret', `${core}/secrets`, { metadata: { name: 'a' } }],
  ['ServiceAccount', `${core}/serviceaccounts`, { metadata: { name: 'a' } }],
  [
    'PersistentVolumeClaim',
    `${core}/persistentvolumeclaims`,
    spec({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }),
  ],
  [
    'LimitRange',
    `${core}/limitranges`,
    spec({ limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }] }),
  ],
  ['ResourceQuota', `${core}/resourcequotas`, spec({ hard: { 'limits.cpu': '2000m' } })],
  [
    'Endpoints',
    `${core}/endpoints`,
    { metadata: { name: 'a' }, subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }] },
  ],
  [
    'EndpointSlice',
    '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
    { metadata: { name: 'a' }, addressType: 'IPv4', endpoints: [], ports: [{ port: 80 }] },
  ],
  ['Event', `${core}/events`, { metadata: { name: 'a' }, involvedObject: { namespace: '{ns}' } }],
  ['HorizontalPodAutoscaler', scalers, spec({ maxReplicas: 3, scaleTargetRef: target })],
  [
    'HorizontalPodAutoscaler with behavior',
    scalers,
    spec({ maxReplicas: 3, scaleTargetRef: target, behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } }),
  ],
  [
    'HorizontalPodAutoscaler v1',
    '/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers',
    spec({ maxReplicas: 3, scaleTargetRef: target }),
  ],
  ['PodDisruptionBudget', '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets', spec({ selector: {} })],
  ['Ingress', `${networking}/ingresses`, spec({ defaultBackend: { service: { name: 's', port: { number: 80 } } } })],
  ['NetworkPolicy', `${networking}/networkpolicies`, spec({ podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] })],
  ['NetworkPolicy for what leaves', `${networking}/networkpolicies`, spec({ podSelector: {}, egress: [{}] })],
  ['Role', `${rbac}/roles`, { metadata: { name: 'a' } }],
  [
    'RoleBinding',
    `${rbac}/rolebindings`,
    {
      metadata: { name: 'a' },
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'Group', name: 'g' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
      ],
    },
  ],
  ['Lease', '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases', { metadata: { name: 'a' } }],
  ['ControllerRevision', `${apps}/controllerrevisions`, { metadata: { name: 'a' }, revision: 1 }],
]

const admission = '/apis/admissionregistration.k8s.io/v1'
const storage = '/apis/storage.k8s.io/v1'
const webhook = {
  name: 'x.example.com',
  clientConfig: { service: { namespace: 'n', name: 's' } },
  rules: [],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
}
const rules = [{ apiGroups: ['none.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['x'] }]

const cluster: readonly (readonly [name: string, path: string, body: Fields])[] = [
  ['Namespace', '/api/v1/namespaces', {}],
  ['Node', '/api/v1/nodes', { status: { capacity: { cpu: '4', memory: '8192Mi' } } }],
  [
    'PersistentVolume',
    '/api/v1/persistentvolumes',
    { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } },
  ],
  ['StorageClass', `${storage}/storageclasses`, { provisioner: 'x.io/y' }],
  ['CSIDriver', `${storage}/csidrivers`, {}],
  ['PriorityClass', '/apis/scheduling.k8s.io/v1/priorityclasses', { value: 5 }],
  [
    'IngressClass',
    '/apis/networking.k8s.io/v1/ingressclasses',
    { spec: { controller: 'x.io/y', parameters: { kind: 'K', name: 'n' } } },
  ],
  ['ClusterRole', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {}],
  [
    'ClusterRoleBinding',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    { roleRef: { kind: 'ClusterRole', name: 'r' } },
  ],
  [
    'ValidatingWebhookConfiguration',
    `${admission}/validatingwebhookconfigurations`,
    { webhooks: [{ ...webhook, rules }] },
  ],
  ['MutatingWebhookConfiguration', `${admission}/mutatingwebhookconfigurations`, { webhooks: [{ ...webhook, rules }] }],
  [
    'ValidatingAdmissionPolicy',
    `${admission}/validatingadmissionpolicies`,
    { spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'true' }] } },
  ],
]

export const defaultRows: readonly Row[] = [
  ...namespaced.map(([name, path, body]) => row(`defaults of a ${name}`, post(path, body))),
  ...cluster.map(([name, path, body]) =>
    row(`defaults of a ${name}`, post(path, { ...body, metadata: { name: '{ns}-d' } }), remove(`${path}/{ns}-d`)),
  ),
]
