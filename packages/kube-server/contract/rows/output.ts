// What a client can ask to be answered with: tables, metadata alone, YAML, and what cannot be had.
import { get, post, remove, row } from '../row.ts'
import type { Row } from '../row.ts'
import { configMap, configMaps, deployment, deployments, pod, pods, service, services } from './objects.ts'

function accept(value: string): { headers: { accept: string } } {
  return { headers: { accept: value } }
}

const table = accept('application/json;as=Table;v=v1;g=meta.k8s.io')
const partial = accept('application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io')
const partialList = accept('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io')
const kubectl = accept(
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
)

const base = '/apis/apps/v1/namespaces/{ns}'
const template = deployment('x')['spec']

/** One object of each kind, for its table. */
const tables: readonly (readonly [string, string, object])[] = [
  ['configmap', configMaps, configMap('a', { a: '1', b: '2' })],
  ['secret', '/api/v1/namespaces/{ns}/secrets', { metadata: { name: 'a' }, data: { x: 'eA==' } }],
  ['deployment', deployments, deployment('a', { replicas: 3 })],
  ['replicaset', `${base}/replicasets`, { metadata: { name: 'a' }, spec: template }],
  ['statefulset', `${base}/statefulsets`, { metadata: { name: 'a' }, spec: template }],
  ['daemonset', `${base}/daemonsets`, { metadata: { name: 'a' }, spec: template }],
  ['controllerrevision', `${base}/controllerrevisions`, { metadata: { name: 'a' }, data: {}, revision: 3 }],
  ['pod', pods, pod('a')],
  ['service', services, service('a', { clusterIP: 'None', selector: { a: 'b' } })],
  [
    'service of several ports',
    services,
    service('a', {
      clusterIP: 'None',
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 53, protocol: 'UDP' },
      ],
      externalIPs: ['1.2.3.4'],
    }),
  ],
  [
    'external service',
    services,
    { metadata: { name: 'a' }, spec: { type: 'ExternalName', externalName: 'x.example.com' } },
  ],
  ['serviceaccount', '/api/v1/namespaces/{ns}/serviceaccounts', { metadata: { name: 'a' } }],
  [
    'job',
    '/apis/batch/v1/namespaces/{ns}/jobs',
    {
      metadata: { name: 'a' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } } },
    },
  ],
  [
    'cronjob',
    '/apis/batch/v1/namespaces/{ns}/cronjobs',
    {
      metadata: { name: 'a' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } } },
        },
      },
    },
  ],
  [
    'ingress',
    '/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses',
    {
      metadata: { name: 'a' },
      spec: {
        rules: [
          {
            host: 'x.example.com',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }],
            },
          },
        ],
        tls: [{ hosts: ['x.example.com'] }],
      },
    },
  ],
  [
    'networkpolicy',
    '/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies',
    { metadata: { name: 'a' }, spec: { podSelector: { matchLabels: { a: 'b' } } } },
  ],
  [
    'hpa',
    '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
    {
      metadata: { name: 'a' },
      spec: { maxReplicas: 5, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
    },
  ],
  [
    'pdb',
    '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets',
    { metadata: { name: 'a' }, spec: { minAvailable: 1, selector: {} } },
  ],
  [
    'resourcequota',
    '/api/v1/namespaces/{ns}/resourcequotas',
    { metadata: { name: 'a' }, spec: { hard: { 'limits.cpu': '2', 'count/secrets': '9' } } },
  ],
  [
    'limitrange',
    '/api/v1/namespaces/{ns}/limitranges',
    { metadata: { name: 'a' }, spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } },
  ],
  [
    'pvc',
    '/api/v1/namespaces/{ns}/persistentvolumeclaims',
    { metadata: { name: 'a' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  ],
  ['role', '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles', { metadata: { name: 'a' }, rules: [] }],
  [
    'rolebinding',
    '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
    { metadata: { name: 'a' }, roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] },
  ],
  [
    'lease',
    '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
    { metadata: { name: 'a' }, spec: { holderIdentity: 'me' } },
  ],
  [
    'event',
    '/api/v1/namespaces/{ns}/events',
    {
      metadata: { name: 'a' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
      reason: 'Because',
      message: 'It is so',
      type: 'Normal',
    },
  ],
  [
    'endpoints',
    '/api/v1/namespaces/{ns}/endpoints',
    { metadata: { name: 'a' }, subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }] },
  ],
  [
    'endpointslice',
    '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
    { metadata: { name: 'a' }, addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4'] }], ports: [{ port: 80 }] },
  ],
  [
    'replicationcontroller',
    '/api/v1/namespaces/{ns}/replicationcontrollers',
    { metadata: { name: 'a' }, spec: { template: (template as { template: object }).template } },
  ],
  [
    'podtemplate',
    '/api/v1/namespaces/{ns}/podtemplates',
    { metadata: { name: 'a' }, template: (template as { template: object }).template },
  ],
]

const clusterTables: readonly (readonly [string, string, object])[] = [
  ['namespace', '/api/v1/namespaces', { metadata: { name: '{ns}-t' } }],
  [
    'node',
    '/api/v1/nodes',
    {
      metadata: { name: '{ns}-t', labels: { 'node-role.kubernetes.io/worker': '' } },
      status: { nodeInfo: { kubeletVersion: 'v1.36.3' } },
    },
  ],
  [
    'persistentvolume',
    '/api/v1/persistentvolumes',
    {
      metadata: { name: '{ns}-t' },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
    },
  ],
  ['storageclass', '/apis/storage.k8s.io/v1/storageclasses', { metadata: { name: '{ns}-t' }, provisioner: 'x.io/y' }],
  ['clusterrole', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: '{ns}-t' }, rules: [] }],
  [
    'clusterrolebinding',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    {
      metadata: { name: '{ns}-t' },
      roleRef: { kind: 'ClusterRole', name: 'r' },
      subjects: [{ kind: 'Group', name: 'g' }],
    },
  ],
  ['priorityclass', '/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: '{ns}-t' }, value: 5 }],
  [
    'ingressclass',
    '/apis/networking.k8s.io/v1/ingressclasses',
    { metadata: { name: '{ns}-t' }, spec: { controller: 'x.io/y' } },
  ],
  ['runtimeclass', '/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: '{ns}-t' }, handler: 'h' }],
  ['csidriver', '/apis/storage.k8s.io/v1/csidrivers', { metadata: { name: '{ns}-t' }, spec: {} }],
]

export const outputRows: readonly Row[] = [
  ...tables.map(([kind, path, body]) =>
    row(`table of a ${kind}`, post(path, body), get(`${path}?fieldSelector=metadata.name%3Da`, table)),
  ),
  ...clusterTables.map(([kind, path, body]) =>
    row(`table of a ${kind}`, post(path, body), get(`${path}/{ns}-t`, table), remove(`${path}/{ns}-t`)),
  ),
  row('table with whole objects', post(configMaps, configMap('a')), get(`${configMaps}?includeObject=Object`, table)),
  row('table without objects', post(configMaps, configMap('a')), get(`${configMaps}?includeObject=None`, table)),
  row('table with an unknown kind of objects', get(`${configMaps}?includeObject=Nope`, table)),
  row('table of an empty list', get(deployments, table)),
  row(
    'table in pages',
    post(configMaps, configMap('a')),
    post(configMaps, configMap('b')),
    get(`${configMaps}?limit=1`, table),
  ),
  row('table of a missing object is a Status', get(`${configMaps}/a`, table)),
  row('table as kubectl asks', post(configMaps, configMap('a')), get(`${configMaps}/a`, kubectl)),
  row('table of an unknown version', get(configMaps, accept('application/json;as=Table;v=v9;g=meta.k8s.io'))),
  row(
    'metadata of an object',
    post(configMaps, configMap('a', {}, { labels: { x: 'y' } })),
    get(`${configMaps}/a`, partial),
  ),
  row(
    'metadata of a daemonset',
    post(`${base}/daemonsets`, { metadata: { name: 'a', annotations: { x: 'y' } }, spec: template }),
    get(`${base}/daemonsets/a`, partial),
    get(`${base}/daemonsets`, partialList),
    get(`${base}/daemonsets?includeObject=Object`, table),
  ),
  row('metadata of a list', post(configMaps, configMap('a')), get(configMaps, partialList)),
  row('metadata of a list asked as of an object', post(configMaps, configMap('a')), get(configMaps, partial)),
  row(
    'metadata of an object asked as of a list',
    post(configMaps, configMap('a')),
    get(`${configMaps}/a`, partialList),
  ),
  row(
    'answer in YAML',
    post(configMaps, configMap('a', { yes: 'no', n: '1', m: 'a\nb\n' })),
    get(`${configMaps}?fieldSelector=metadata.name%3Dnone`, accept('application/yaml')),
  ),
  row(
    'answer in whatever',
    get(configMaps, accept('*/*')),
    get(configMaps, accept('application/*')),
    get(configMaps, accept('')),
  ),
  row('answer in the first that can be had', get(configMaps, accept('text/html,application/json;q=0.5'))),
  row(
    'answer in nothing that can be had',
    get(configMaps, accept('text/html')),
    get(configMaps, accept('application/xml')),
  ),
  row(
    'answer as a browser asks',
    get(configMaps, accept('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8')),
  ),
  row('create answers as a table', post(configMaps, configMap('a'), table)),
  row('errors are JSON whatever is asked', get(`${configMaps}/a`, accept('application/yaml'))),
]
