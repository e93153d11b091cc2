// Brings objects that come with a release to the state that this release wants; writes nothing that is so already.
import { createHash } from 'node:crypto'
import { group } from '@flotilla/api/group'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { canonicalJson } from '@flotilla/machinery/json'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  namespaces,
} from '@flotilla/machinery/well-known-resources'

/** Hash of what was applied last. */
const releaseAnnotation = `${group}/release`
const manager = 'flotilla-install'

export type Ensured = 'created' | 'configured' | 'unchanged'

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true } as const
const resources: Readonly<Record<string, Resource>> = {
  Namespace: namespaces,
  ClusterRole: clusterRoles,
  ClusterRoleBinding: clusterRoleBindings,
  Role: { ...rbac, plural: 'roles', kind: 'Role' },
  RoleBinding: { ...rbac, plural: 'rolebindings', kind: 'RoleBinding' },
  CustomResourceDefinition: customResourceDefinitions,
}

export interface EnsureOptions {
  readonly dryRun?: boolean
  readonly onEnsured?: (object: KubeObject, what: Ensured) => void
}

/** Namespaces first, then the others together; told of in the given order. */
export async function ensureObjects(
  api: KubeApi,
  objects: readonly KubeObject[],
  { dryRun = false, onEnsured = () => {} }: EnsureOptions = {},
): Promise<void> {
  const results = new Map<KubeObject, Ensured>()
  const ensure = async (object: KubeObject) => void results.set(object, await ensureObject(api, object, dryRun))
  await Promise.all(objects.filter(({ kind }) => kind === 'Namespace').map(ensure))
  await Promise.all(objects.filter(({ kind }) => kind !== 'Namespace').map(ensure))
  for (const object of objects) onEnsured(object, results.get(object) ?? 'unchanged')
}

async function ensureObject(api: KubeApi, object: KubeObject, dryRun: boolean): Promise<Ensured> {
  const resource = resourceOf(object)
  const hash = createHash('sha256').update(canonicalJson(object)).digest('hex').slice(0, 16)
  const found = await find(api, resource, object)
  if (found?.metadata.annotations?.[releaseAnnotation] === hash) return 'unchanged'
  const annotations = { ...object.metadata.annotations, [releaseAnnotation]: hash }
  const wanted = { ...object, metadata: { ...object.metadata, annotations } }
  await api.apply(resource, wanted, { fieldManager: manager, force: true, dryRun })
  return found === undefined ? 'created' : 'configured'
}

export function resourceOf({ kind }: KubeObject): Resource {
  const resource = resources[kind]
  if (resource === undefined) throw new FlotillaError('Internal', `Cannot install a ${kind}: no such kind is shipped`)
  return resource
}

async function find(api: KubeApi, resource: Resource, { metadata }: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await api.get(resource, metadata)
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}
