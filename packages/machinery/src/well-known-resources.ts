// The built-in resources that our own code reads and writes, so that nobody spells them twice.
import type { Resource } from './resource.ts'

function core(plural: string, kind: string, namespaced = true): Resource {
  return { group: '', version: 'v1', plural, kind, namespaced }
}

function grouped(group: string, version: string, plural: string, kind: string, namespaced = true): Resource {
  return { group, version, plural, kind, namespaced }
}

export const namespaces = core('namespaces', 'Namespace', false)
export const nodes = core('nodes', 'Node', false)
export const pods = core('pods', 'Pod')
export const secrets = core('secrets', 'Secret')
export const events = core('events', 'Event')
export const configMaps = core('configmaps', 'ConfigMap')
export const services = core('services', 'Service')
export const serviceAccounts = core('serviceaccounts', 'ServiceAccount')
export const deployments = grouped('apps', 'v1', 'deployments', 'Deployment')
export const replicaSets = grouped('apps', 'v1', 'replicasets', 'ReplicaSet')
export const statefulSets = grouped('apps', 'v1', 'statefulsets', 'StatefulSet')
export const daemonSets = grouped('apps', 'v1', 'daemonsets', 'DaemonSet')
export const jobs = grouped('batch', 'v1', 'jobs', 'Job')
export const leases = grouped('coordination.k8s.io', 'v1', 'leases', 'Lease')
export const clusterRoles = grouped('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole', false)
export const clusterRoleBindings = grouped(
  'rbac.authorization.k8s.io',
  'v1',
  'clusterrolebindings',
  'ClusterRoleBinding',
  false,
)
export const customResourceDefinitions = grouped(
  'apiextensions.k8s.io',
  'v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  false,
)
export const priorityClasses = grouped('scheduling.k8s.io', 'v1', 'priorityclasses', 'PriorityClass', false)
