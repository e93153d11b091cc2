// Who may do what on the hub: its administrator and its controllers, by RBAC. Nobody is in system:masters.
import { group, systemNamespace } from '@flotilla/api/group'
import { reviews } from '@flotilla/api/reviews'
import type { KubeObject } from '@flotilla/machinery/object'

/** The administrator by name: its rights come from RBAC alone. */
export const adminUser = 'flotilla-admin'
/** The user that the controllers act as. */
export const controllersUser = 'flotilla-controllers'

const rbac = 'rbac.authorization.k8s.io'
const readVerbs = ['get', 'list', 'watch']
const writeVerbs = ['create', 'update', 'patch', 'delete']
const documents = ['/api', '/api/*', '/apis', '/apis/*', '/openapi/*', '/version']

interface Rule {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
  readonly verbs: readonly string[]
}

/** In the order in which they are made: the namespace before what is in it. */
export const rightsObjects: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } },
  clusterRole('flotilla-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]),
  clusterRoleBinding('flotilla-admin', adminUser),
  // Templates may be of any kind: the controllers read all, and write of them nothing but their status; finished Jobs
  // they delete when their time is over, and Events tell what became of all.
  clusterRole('flotilla-controllers', [
    { apiGroups: ['*'], resources: ['*'], verbs: readVerbs },
    { apiGroups: ['*'], resources: ['*/status'], verbs: ['update', 'patch'] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['delete'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: [group], resources: ['*'], verbs: writeVerbs },
    { nonResourceURLs: documents, verbs: ['get'] },
  ]),
  clusterRoleBinding('flotilla-controllers', controllersUser),
  // Reviews tell nobody more than he may read himself.
  clusterRole('flotilla-reviewer', [
    { apiGroups: [group], resources: reviews.map(({ resource }) => resource.plural), verbs: ['create'] },
  ]),
  clusterRoleBinding('flotilla-reviewer', 'system:authenticated', 'Group'),
  // Members' tokens are renewed there; the leader's Lease and the latest moves are kept there.
  {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name: 'flotilla-controllers', namespace: systemNamespace },
    rules: [
      { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: writeVerbs },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: writeVerbs },
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'flotilla-controllers', namespace: systemNamespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'flotilla-controllers' },
    subjects: [{ apiGroup: rbac, kind: 'User', name: controllersUser }],
  },
]

function clusterRole(name: string, rules: readonly Rule[]): KubeObject {
  return { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules }
}

function clusterRoleBinding(name: string, subject: string, kind: 'User' | 'Group' = 'User'): KubeObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
    subjects: [{ apiGroup: rbac, kind, name: subject }],
  }
}
