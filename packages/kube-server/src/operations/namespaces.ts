// Nothing is created in a namespace that is missing or on its way out.
import type { KubeObject } from '@flotilla/machinery/object'
import type { ServedResource } from '../served-resource.ts'
import type { Store } from '../store/store.ts'
import { forbidden, notFound } from './refusals.ts'

export const namespacesResource = { group: '', plural: 'namespaces' } as const

/** Namespaces that cannot be deleted. */
export const immortalNamespaces: readonly string[] = ['default', 'kube-system', 'kube-public']

export function requireLiveNamespace(store: Store, resource: ServedResource, object: KubeObject): void {
  const { name, namespace } = object.metadata
  if (!resource.namespaced || !namespace) return
  const found = store.head(`namespaces/${namespace}`)?.object
  if (found === undefined) throw notFound(namespacesResource, namespace)
  if (found.metadata.deletionTimestamp === undefined) return
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const message = `namespace ${namespace} is being terminated`
  throw forbidden(resource, name, why, [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }])
}
