// Objects that are never sent to members, whatever a selector says.
import type { KubeObject } from '@flotilla/machinery/object'
import { parseApiVersion } from '@flotilla/machinery/resource'
import { group, systemNamespace } from './group.ts'

/** `GROUP/KIND` of kinds whose objects each cluster makes for itself. */
const neverKinds = new Set([
  '/Event',
  'events.k8s.io/Event',
  'coordination.k8s.io/Lease',
  'discovery.k8s.io/EndpointSlice',
  '/Endpoints',
  '/Node',
])

/** `KIND/NAME` of core objects that each cluster makes for itself. */
const neverNames = new Set([
  'ConfigMap/kube-root-ca.crt',
  'ConfigMap/extension-apiserver-authentication',
  'ServiceAccount/default',
])

/** `GROUP/KIND` of Kubernetes' own kinds that live in no namespace. */
const clusterScopedKinds = new Set([
  '/Namespace',
  '/Node',
  '/PersistentVolume',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'apiregistration.k8s.io/APIService',
  'certificates.k8s.io/CertificateSigningRequest',
  'flowcontrol.apiserver.k8s.io/FlowSchema',
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration',
  'networking.k8s.io/IngressClass',
  'node.k8s.io/RuntimeClass',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'scheduling.k8s.io/PriorityClass',
  'storage.k8s.io/CSIDriver',
  'storage.k8s.io/CSINode',
  'storage.k8s.io/StorageClass',
  'storage.k8s.io/VolumeAttachment',
])

/** True for a kind that is known to live in no namespace; false where only a member could tell. */
export function isClusterScopedKind(apiVersion: string, kind: string): boolean {
  return clusterScopedKinds.has(`${parseApiVersion(apiVersion).group}/${kind}`)
}

/** True for an object that belongs to one cluster, to Kubernetes or to Flotilla, and so is never a template. */
export function isNeverTemplate(object: KubeObject): boolean {
  const { group: objectGroup } = parseApiVersion(object.apiVersion)
  return (
    objectGroup === group ||
    neverKinds.has(`${objectGroup}/${object.kind}`) ||
    (objectGroup === '' && isClusterOwnCoreObject(object)) ||
    isReservedNamespace(object.metadata.namespace ?? (object.kind === 'Namespace' ? object.metadata.name : '')) ||
    object.metadata.ownerReferences?.some((owner) => owner.controller === true) === true
  )
}

/** Namespaces that nothing is ever propagated from. */
export function isReservedNamespace(namespace: string): boolean {
  return namespace.startsWith('kube-') || namespace === systemNamespace
}

function isClusterOwnCoreObject(object: KubeObject): boolean {
  if (object.kind === 'Secret') return object['type'] === 'kubernetes.io/service-account-token'
  return neverNames.has(`${object.kind}/${object.metadata.name}`)
}
