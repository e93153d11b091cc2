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
