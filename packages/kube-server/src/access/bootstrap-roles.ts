// The roles and bindings that every server has from the start, as far as people and tools rely on them.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Operations } from '../operations.ts'
import type { ResourceCatalog } from '../served-resource.ts'
import type { PolicyRule } from './rbac-rules.ts'

const group = 'rbac.authorization.k8s.io'
const systemUser = { name: 'system:apiserver', groups: ['system:masters'] } as const
const bootstrapLabels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const bootstrapAnnotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }

const reading = ['get', 'list', 'watch']
const writing = ['create', 'delete', 'deletecollection', 'patch', 'update']

const resource = (apiGroups: string[], resources: string[], verbs: string[]): PolicyRule => ({
  apiGroups,
  resources,
  verbs,
})
const urls = (...nonResourceURLs: string[]): PolicyRule => ({ nonResourceURLs, verbs: ['get'] })

const coreEdited = [
  'configmaps',
  'events',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'replicationcontrollers/scale',
  'services',
]
const appsEdited = [
  'daemonsets',
  'deployments',
  'deployments/rollback',
  'deployments/scale',
  'replicasets',
  'replicasets/scale',
  'statefulsets',
  'statefulsets/scale',
]
const networkEdited = ['ingresses', 'networkpolicies']

const viewRules: readonly PolicyRule[] = [
  resource(
    [''],
    [...coreEdited, 'endpoints', 'serviceaccounts', 'persistentvolumeclaims/status', 'services/status'],
    reading,
  ),
  resource(
    [''],
    [
      'bindings',
      'limitranges',
      'namespaces',
      'namespaces/status',
      'pods/log',
      'pods/status',
      'resourcequotas',
      'resourcequotas/status',
    ],
    reading,
  ),
  resource(['discovery.k8s.io'], ['endpointslices'], reading),
  resource(
    ['apps'],
    [
      ...appsEdited,
      'controllerrevisions',
      'deployments/status',
      'daemonsets/status',
      'replicasets/status',
      'statefulsets/status',
    ],
    reading,
  ),
  resource(['autoscaling'], ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'], reading),
  resource(['batch'], ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'], reading),
  resource(['policy'], ['poddisruptionbudgets', 'poddisruptionbudgets/status'], reading),
  resource(['networking.k8s.io'], [...networkEdited, 'ingresses/status'], reading),
]

const editRules: readonly PolicyRule[] = [
  resource([''], ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'], reading),
  resource([''], ['serviceaccounts'], ['impersonate']),
  resource([''], ['pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'], writing),
  resource([''], ['pods/eviction'], ['create']),
  resource([''], [...coreEdited, 'secrets', 'serviceaccounts', 'services/proxy'], writing),
  resource([''], ['serviceaccounts/token'], ['create']),
  resource(['apps'], appsEdited, writing),
  resource(['autoscaling'], ['horizontalpodautoscalers'], writing),
  resource(['batch'], ['cronjobs', 'jobs'], writing),
  resource(['policy'], ['poddisruptionbudgets'], writing),
  resource(['networking.k8s.io'], networkEdited, writing),
  resource(['coordination.k8s.io'], ['leases'], [...writing, ...reading]),
]

const adminRules: readonly PolicyRule[] = [
  resource(['authorization.k8s.io'], ['localsubjectaccessreviews'], ['create']),
  resource([group], ['rolebindings', 'roles'], [...writing, ...reading]),
]

const discoveryUrls = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
]
const publicUrls = ['/healthz', '/livez', '/readyz', '/version', '/version/']

interface RoleSpec {
  readonly name: string
  readonly rules?: readonly PolicyRule[]
  readonly labels?: Readonly<Record<string, string>>
  /** Of the label `rbac.authorization.k8s.io/aggregate-to-…` whose roles it takes in. */
  readonly aggregates?: string
}

const aggregateTo = (name: string) => ({ [`${group}/aggregate-to-${name}`]: 'true' })

const roles: readonly RoleSpec[] = [
  { name: 'cluster-admin', rules: [resource(['*'], ['*'], ['*']), { nonResourceURLs: ['*'], verbs: ['*'] }] },
  { name: 'admin', aggregates: 'admin' },
  { name: 'edit', aggregates: 'edit', labels: aggregateTo('admin') },
  { name: 'view', aggregates: 'view', labels: aggregateTo('edit') },
  { name: 'system:aggregate-to-admin', rules: adminRules, labels: aggregateTo('admin') },
  { name: 'system:aggregate-to-edit', rules: editRules, labels: aggregateTo('edit') },
  { name: 'system:aggregate-to-view', rules: viewRules, labels: aggregateTo('view') },
  { name: 'system:discovery', rules: [urls(...discoveryUrls)] },
  { name: 'system:public-info-viewer', rules: [urls(...publicUrls)] },
  {
    name: 'system:monitoring',
    rules: [urls('/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*')],
  },
  {
    name: 'system:basic-user',
    rules: [
      resource(['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
      resource(['authentication.k8s.io'], ['selfsubjectreviews'], ['create']),
    ],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      resource(['authentication.k8s.io'], ['tokenreviews'], ['create']),
      resource(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
    ],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      urls(
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ),
    ],
  },
]

const bindings: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['system:masters'],
  'system:discovery': ['system:authenticated'],
  'system:basic-user': ['system:authenticated'],
  'system:public-info-viewer': ['system:authenticated', 'system:unauthenticated'],
  'system:monitoring': ['system:monitoring'],
  'system:service-account-issuer-discovery': ['system:serviceaccounts'],
}

/** Creates those that are missing; what people changed stays. */
export async function ensureBootstrapRoles(server: {
  readonly operations: Operations
  readonly catalog: ResourceCatalog
}): Promise<void> {
  const objects = [...roles.map(toRole), ...Object.entries(bindings).map(([name, groups]) => toBinding(name, groups))]
  await Promise.all(objects.map((object) => ensure(server, object)))
}

async function ensure(
  { operations, catalog }: { readonly operations: Operations; readonly catalog: ResourceCatalog },
  object: KubeObject,
): Promise<void> {
  const served = catalog.findKind(object.apiVersion, object.kind)
  if (served === undefined) return
  const context = { user: systemUser, warn: () => {} }
  try {
    await operations.create(context, served, object, { fieldManager: 'kube-apiserver' })
  } catch (error) {
    if (!isError(error, 'AlreadyExists')) throw error
  }
}

function toRole({ name, rules, labels, aggregates }: RoleSpec): KubeObject {
  const metadata = { name, labels: { ...bootstrapLabels, ...labels }, annotations: bootstrapAnnotations }
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: aggregateTo(aggregates ?? '') }] }
  return {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRole',
    metadata,
    ...(aggregates === undefined ? {} : { aggregationRule }),
    rules: rules ?? [],
  }
}

function toBinding(name: string, groups: readonly string[]): KubeObject {
  return {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: bootstrapLabels, annotations: bootstrapAnnotations },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name },
    subjects: groups.map((one) => ({ apiGroup: group, kind: 'Group', name: one })),
  }
}
