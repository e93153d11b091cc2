// The rules of every built-in kind that has any, by the name of its stored resource.
import { fieldNotSupported, fieldRequired } from '@flotilla/machinery/field-error'
import type { Resource } from '@flotilla/machinery/resource'
import { definitionRules } from '../custom-resources/definition-rules.ts'
import { storedResource } from '../storage-forms.ts'
import {
  leases,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  priorityClasses,
  storageClasses,
} from './cluster-kinds.ts'
import { configMaps, secrets } from './config.ts'
import { events } from './events.ts'
import { cronJobs, jobs } from './jobs.ts'
import { endpoints, limitRanges, resourceQuotas } from './limits.ts'
import { autoscalers, ingresses, networkPolicies, podDisruptionBudgets } from './network-kinds.ts'
import { pods } from './pods.ts'
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac-kinds.ts'
import type { KindRules } from './rules.ts'
import { services } from './services.ts'
import {
  podTemplates,
  replicationControllers,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
} from './workloads.ts'

const controllerRevisions: KindRules = {
  validate: ({ data }) => (data === undefined || data === null ? [fieldRequired('data', 'data is mandatory')] : []),
}
const endpointSlices: KindRules = {
  hasGeneration: true,
  validate({ addressType }) {
    if (!addressType) return [fieldRequired('addressType')]
    const types = ['FQDN', 'IPv4', 'IPv6']
    return types.includes(String(addressType)) ? [] : [fieldNotSupported('addressType', addressType, types)]
  },
}
const counted: KindRules = { hasGeneration: true }
const countedStrictly: KindRules = { hasGeneration: true, needsResourceVersion: true }
const strict: KindRules = { needsResourceVersion: true }

const rules: Readonly<Record<string, KindRules>> = {
  configmaps: configMaps,
  endpoints,
  resourcequotas: resourceQuotas,
  events,
  limitranges: limitRanges,
  namespaces,
  nodes,
  persistentvolumeclaims: persistentVolumeClaims,
  persistentvolumes: persistentVolumes,
  pods,
  podtemplates: podTemplates,
  replicationcontrollers: replicationControllers,
  secrets,
  services,
  'customresourcedefinitions.apiextensions.k8s.io': definitionRules,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': countedStrictly,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': countedStrictly,
  'validatingadmissionpolicies.admissionregistration.k8s.io': countedStrictly,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': countedStrictly,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': countedStrictly,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': countedStrictly,
  'deployments.apps': deployments,
  'replicasets.apps': replicaSets,
  'statefulsets.apps': statefulSets,
  'daemonsets.apps': daemonSets,
  'horizontalpodautoscalers.autoscaling': autoscalers,
  'jobs.batch': jobs,
  'cronjobs.batch': cronJobs,
  'leases.coordination.k8s.io': leases,
  'endpointslices.discovery.k8s.io': endpointSlices,
  'controllerrevisions.apps': controllerRevisions,
  'flowschemas.flowcontrol.apiserver.k8s.io': counted,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': counted,
  'ingresses.networking.k8s.io': ingresses,
  'ingressclasses.networking.k8s.io': counted,
  'networkpolicies.networking.k8s.io': networkPolicies,
  'runtimeclasses.node.k8s.io': { createsOnUpdate: true, needsResourceVersion: true },
  'poddisruptionbudgets.policy': podDisruptionBudgets,
  'roles.rbac.authorization.k8s.io': roles,
  'clusterroles.rbac.authorization.k8s.io': clusterRoles,
  'rolebindings.rbac.authorization.k8s.io': roleBindings,
  'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindings,
  'deviceclasses.resource.k8s.io': counted,
  'resourceslices.resource.k8s.io': counted,
  'priorityclasses.scheduling.k8s.io': priorityClasses,
  'storageclasses.storage.k8s.io': storageClasses,
  'csidrivers.storage.k8s.io': strict,
  'csinodes.storage.k8s.io': strict,
  'csistoragecapacities.storage.k8s.io': strict,
  'volumeattachments.storage.k8s.io': strict,
}

const noRules: KindRules = {}

export function rulesFor(resource: Pick<Resource, 'group' | 'plural'>): KindRules {
  return rules[storedResource(resource)] ?? noRules
}
