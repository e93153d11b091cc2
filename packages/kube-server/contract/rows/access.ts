// Who may do what, and how a refusal reads.
import { get, patch, post, put, quietly, remove, row } from '../row.ts'
import type { Row, Step } from '../row.ts'
import { configMap, configMaps, deployments, namespaces, pods } from './objects.ts'

const rbac = '/apis/rbac.authorization.k8s.io/v1'
const roles = `${rbac}/namespaces/{ns}/roles`
const bindings = `${rbac}/namespaces/{ns}/rolebindings`
const alice = { as: 'alice' }
const review = '/apis/authorization.k8s.io/v1'

function allow(rules: readonly object[]): readonly Step[] {
  return [
    quietly(post(roles, { metadata: { name: 'r' }, rules })),
    quietly(
      post(bindings, {
        metadata: { name: 'r' },
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [{ kind: 'User', name: 'alice' }],
      }),
    ),
  ]
}

/** The server learns of roles a moment later. */
function once(step: Step): Step {
  return { ...step, until: { code: step.method === 'POST' ? 201 : 200 } }
}

const manyRules = [
  { apiGroups: ['', 'apps'], resources: ['secrets', 'deployments/scale'], verbs: ['get', 'list'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'watch'], resourceNames: ['a', 'b'] },
  { nonResourceURLs: ['/metrics'], verbs: ['get', 'post'] },
]

const readMaps = allow([{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }])

function self(attributes: object, more: object = alice): Step {
  return post(`${review}/selfsubjectaccessreviews`, { spec: attributes }, more)
}

export const accessRows: readonly Row[] = [
  row('refusal to get', get(`${configMaps}/a`, alice)),
  row('refusal to list', get(configMaps, alice), get('/api/v1/configmaps', alice), get(deployments, alice)),
  row('refusal to watch', get(`${configMaps}?watch=true&timeoutSeconds=1`, alice)),
  row(
    'refusal to create',
    post(configMaps, configMap('a'), alice),
    post(namespaces, { metadata: { name: '{ns}-a' } }, alice),
  ),
  row(
    'refusal to update and patch',
    put(`${configMaps}/a`, configMap('a'), alice),
    patch('merge', `${configMaps}/a`, {}, alice),
  ),
  row('refusal to delete', remove(`${configMaps}/a`, undefined, alice), remove(configMaps, undefined, alice)),
  row('refusal of a subresource', get(`${deployments}/d/status`, alice), post(`${pods}/p/eviction`, {}, alice)),
  row('refusal of a cluster-scoped object', get('/api/v1/nodes/n', alice), get('/api/v1/nodes', alice)),
  row('refusal of a path', get('/metrics', alice), get('/nope', alice)),
  row('refusal of an unknown resource', get('/apis/nope.io/v1/things', alice)),
  row(
    'documents that everybody may read',
    get('/version', { as: 'bob', quiet: true }),
    get('/api', { as: 'bob', quiet: true }),
    get('/readyz', { as: 'bob' }),
  ),
  row('an unknown token', get(configMaps, { as: 'nobody' })),
  row(
    'no token',
    get(configMaps, { as: 'anonymous' }),
    get('/version', { as: 'anonymous', quiet: true }),
    get('/api', { as: 'anonymous' }),
  ),
  row(
    'a role allows what it says',
    ...readMaps,
    post(configMaps, configMap('a')),
    once(get(`${configMaps}/a`, alice)),
    get(configMaps, alice),
    remove(`${configMaps}/a`, undefined, alice),
    get(`${configMaps}/a`, { as: 'bob' }),
  ),
  row(
    'a role of a group',
    quietly(post(roles, { metadata: { name: 'r' }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] })),
    quietly(
      post(bindings, {
        metadata: { name: 'r' },
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [{ kind: 'Group', name: 'ops' }],
      }),
    ),
    once(get(configMaps, alice)),
    get(`${configMaps}/x`, alice),
    get(configMaps, { as: 'bob' }),
  ),
  row(
    'a role of named objects',
    ...allow([{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['get', 'list'] }]),
    post(configMaps, configMap('a')),
    once(get(`${configMaps}/a`, alice)),
    get(`${configMaps}/b`, alice),
    get(configMaps, alice),
    get(`${configMaps}?fieldSelector=metadata.name%3Da`, alice),
  ),
  row(
    'a role of a subresource',
    ...allow([
      { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list'] },
    ]),
    quietly(once(get(configMaps, alice))),
    get(`${deployments}/d/scale`, alice),
    get(`${deployments}/d`, alice),
  ),
  row(
    'a role cannot be given by whom does not have it',
    ...allow([
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create', 'list'] },
    ]),
    quietly(once(get(roles, alice))),
    post(
      roles,
      { metadata: { name: 'x' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }] },
      alice,
    ),
    // One of its own: upstream's are filled by a controller, which a bare server does not have.
    quietly(post(`${rbac}/clusterroles`, { metadata: { name: '{ns}-x' }, rules: manyRules })),
    post(
      bindings,
      {
        metadata: { name: 'x' },
        roleRef: { kind: 'ClusterRole', name: '{ns}-x' },
        subjects: [{ kind: 'User', name: 'alice' }],
      },
      alice,
    ),
  ),
  row(
    'impersonation',
    get(configMaps, { headers: { 'impersonate-user': 'alice' } }),
    get(configMaps, { headers: { 'impersonate-user': 'carol', 'impersonate-group': 'system:masters' } }),
    get(configMaps, { as: 'alice', headers: { 'impersonate-user': 'bob' } }),
    get(configMaps, { headers: { 'impersonate-group': 'x' } }),
  ),
  row(
    'impersonation for certain requests',
    ...allow([{ apiGroups: [''], resources: ['configmaps'], verbs: ['impersonate-on:user-info:list'] }]),
    quietly(
      post(roles, {
        metadata: { name: 'bob' },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
      }),
    ),
    quietly(
      post(bindings, {
        metadata: { name: 'bob' },
        roleRef: { kind: 'Role', name: 'bob' },
        subjects: [{ kind: 'User', name: 'bob' }],
      }),
    ),
    quietly(
      post(`${rbac}/clusterroles`, {
        metadata: { name: '{ns}-i' },
        rules: [
          {
            apiGroups: ['authentication.k8s.io'],
            resources: ['users'],
            resourceNames: ['bob'],
            verbs: ['impersonate:user-info'],
          },
        ],
      }),
    ),
    quietly(
      post(`${rbac}/clusterrolebindings`, {
        metadata: { name: '{ns}-i' },
        roleRef: { kind: 'ClusterRole', name: '{ns}-i' },
        subjects: [{ kind: 'User', name: 'alice' }],
      }),
    ),
    once(get(configMaps, { as: 'alice', headers: { 'impersonate-user': 'bob' } })),
    get(`${configMaps}/a`, { as: 'alice', headers: { 'impersonate-user': 'bob' } }),
    get(configMaps, { as: 'alice', headers: { 'impersonate-user': 'carol' } }),
    get(configMaps, { as: 'alice', headers: { 'impersonate-user': 'bob', 'impersonate-group': 'dev' } }),
    get(configMaps, { as: 'alice', headers: { 'impersonate-user': 'system:node:n' } }),
    get(configMaps, { as: 'alice', headers: { 'impersonate-user': 'system:serviceaccount:a:b' } }),
    get(configMaps, { as: 'alice', headers: { 'impersonate-uid': '1', 'impersonate-extra-a.b%2fc': 'd' } }),
  ),
  row(
    'review of oneself',
    ...readMaps,
    quietly(once(get(configMaps, alice))),
    self({ resourceAttributes: { namespace: '{ns}', verb: 'get', resource: 'configmaps' } }),
    self({ resourceAttributes: { namespace: '{ns}', verb: 'delete', resource: 'configmaps' } }),
    self({ nonResourceAttributes: { path: '/openapi/v3', verb: 'get' } }),
    self({ resourceAttributes: { verb: '*', resource: '*' } }, {}),
  ),
  row(
    'review of oneself that is wrong',
    self({}),
    self({ resourceAttributes: { verb: 'get', resource: 'x' }, nonResourceAttributes: { path: '/', verb: 'get' } }),
  ),
  row(
    'review of another',
    post(`${review}/subjectaccessreviews`, {
      spec: { user: 'alice', groups: ['x'], resourceAttributes: { namespace: '{ns}', verb: 'get', resource: 'pods' } },
    }),
    post(`${review}/subjectaccessreviews`, { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } }),
    post(
      `${review}/subjectaccessreviews`,
      { spec: { user: 'a', resourceAttributes: { verb: 'get', resource: 'pods' } } },
      alice,
    ),
  ),
  row(
    'review of another within a namespace',
    post(`${review}/namespaces/{ns}/localsubjectaccessreviews`, {
      spec: { user: 'alice', resourceAttributes: { namespace: '{ns}', verb: 'get', resource: 'pods' } },
    }),
    post(`${review}/namespaces/{ns}/localsubjectaccessreviews`, {
      spec: { user: 'alice', resourceAttributes: { namespace: 'other', verb: 'get', resource: 'pods' } },
    }),
  ),
  row(
    'rules of oneself',
    quietly(post(`${review}/selfsubjectrulesreviews`, { spec: { namespace: '{ns}' } }, { as: 'bob' })),
    post(`${review}/selfsubjectrulesreviews`, { spec: {} }, { as: 'bob' }),
  ),
  row(
    'who one is',
    post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, alice),
    post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}),
  ),
  row(
    'review of tokens',
    post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'contract-alice' } }),
    post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'nope' } }),
    post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: {} }),
  ),
]
