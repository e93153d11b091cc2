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
