// The schemas of a document: those of its kinds and lists, and all that they point at.
import type { Schema } from '@flotilla/machinery/schema'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { resolveBuiltin } from './builtin.ts'
import type { ServedResource } from '../served-resource.ts'

const prefix = '#/components/schemas/'
const listMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'
export const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const status = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status'
const patch = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch'
const deleteOptions = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'

export type Components = Readonly<Record<string, object>>

export function componentsOf(resources: readonly ServedResource[]): Components {
  const found = new Map<string, object>()
  for (const resource of resources) {
    found.set(resource.schemaName, rootOf(resource))
    if (resource.listKind !== '') found.set(listNameOf(resource), listOf(resource))
  }
  const queue: unknown[] = [...found.values(), refTo(status), refTo(deleteOptions), refTo(objectMeta), refTo(patch)]
  if (resources.some((one) => one.subresources.includes('scale'))) queue.push(refTo('io.k8s.api.autoscaling.v1.Scale'))
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const name of referencesIn(next)) {
      if (found.has(name)) continue
      const schema = resolveBuiltin(name)
      if (schema === undefined) continue
      found.set(name, schema)
      queue.push(schema)
    }
  }
  return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function rootOf(resource: ServedResource): object {
  const { group, version, kind, schema } = resource
  const root = resource.isCustom ? withStandardMeta(schema.root) : schema.root
  return { ...root, 'x-kubernetes-group-version-kind': [{ group, kind, version }] }
}

function withStandardMeta(root: Schema): object {
  const properties = {
    ...root.properties,
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { allOf: [refTo(objectMeta)], default: {} },
  }
  return { ...root, type: 'object', properties }
}

export function listNameOf({ schemaName }: ServedResource): string {
  return `${schemaName}List`
}

function listOf(resource: ServedResource): object {
  const { group, version, listKind, schemaName } = resource
  return {
    type: 'object',
    description: `A list of ${resource.kind} in ${apiVersionOf(resource)}.`,
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      items: { type: 'array', items: { allOf: [refTo(schemaName)], default: {} } },
      kind: { type: 'string' },
      metadata: { allOf: [refTo(listMeta)], default: {} },
    },
    'x-kubernetes-group-version-kind': [{ group, kind: listKind, version }],
  }
}

export function refTo(name: string): { $ref: string } {
  return { $ref: `${prefix}${name}` }
}

/** Names of the schemas that `value` points at, anywhere inside. */
export function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner.slice(inner.lastIndexOf('/') + 1)] : referencesIn(inner),
  )
}
