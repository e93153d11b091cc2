// What the hub may do on a member: the ServiceAccount that it acts as, and the role that `flotilla join` shows.
import { systemNamespace } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'

/** Name of our ServiceAccount in `flotilla-system`, and of its role and binding. */
export const memberAccount = 'flotilla-hub'

/**
 * Every kind, because templates may be of any; but no `escalate`, `bind` or `impersonate`: a template cannot give more
 * rights than these.
 */
export const memberRole: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: memberAccount },
  rules: [
    {
      apiGroups: ['*'],
      resources: ['*'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
    },
    { nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/openapi/*', '/version', '/readyz'], verbs: ['get'] },
  ],
}

/** Applied first: role and account are its dependents, so that deleting it ends all of our access at once. */
export const memberRoleBinding: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: memberAccount },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: memberAccount },
  subjects: [{ kind: 'ServiceAccount', name: memberAccount, namespace: systemNamespace }],
}

export const memberServiceAccount: KubeObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: memberAccount, namespace: systemNamespace },
}

/** `object` as a dependent of the applied role binding. */
export function ownedBy(binding: KubeObject, object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = binding
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }
  return { ...object, metadata: { ...object.metadata, ownerReferences: [owner] } }
}
