// From a definition to the resources that it has served, one for each served version.
import { objectMetaSchema } from '@flotilla/machinery/object-meta-schema'
import type { Resource } from '@flotilla/machinery/resource'
import type { Schema } from '@flotilla/machinery/schema'
import type { PrinterColumn, ServedResource } from '../served-resource.ts'
import type { CustomResourceDefinition, CustomVersion } from './definition.ts'
import { isEstablished } from './definition.ts'

/** In the order of discovery. */
const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

export function resourcesOfDefinition(definition: CustomResourceDefinition): readonly ServedResource[] {
  if (!isEstablished(definition)) return []
  return definition.spec.versions.filter(({ served }) => served).map((version) => toServed(definition, version))
}

function toServed(definition: CustomResourceDefinition, version: CustomVersion): ServedResource {
  const { group, scope } = definition.spec
  const names = definition.status?.acceptedNames ?? definition.spec.names
  const { status, scale } = version.subresources ?? {}
  return {
    group,
    version: version.name,
    plural: names.plural,
    kind: names.kind,
    namespaced: scope === 'Namespaced',
    singular: names.singular ?? names.kind.toLowerCase(),
    listKind: names.listKind ?? `${names.kind}List`,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs,
    subresources: [...(status ? ['status'] : []), ...(scale ? ['scale'] : [])],
    ...(scale ? { scale } : {}),
    schema: { root: withMetadata(version.schema?.openAPIV3Schema ?? {}), resolve: () => undefined },
    schemaName: schemaNameOf(group, version.name, names.kind),
    columns: version.additionalPrinterColumns ?? [ageColumn],
    isCustom: true,
  }
}

/** A kind that is answered and never stored, as a definition of it would have it served. */
export function reviewResource(resource: Resource, root: Schema): ServedResource {
  const { group, version, plural, kind, namespaced } = resource
  return {
    group,
    version,
    plural,
    kind,
    namespaced,
    singular: kind.toLowerCase(),
    listKind: '',
    shortNames: [],
    categories: [],
    verbs: ['create'],
    subresources: [],
    schema: { root: withMetadata(root), resolve: () => undefined },
    schemaName: schemaNameOf(group, version, kind),
    columns: [ageColumn],
    virtual: true,
    isCustom: true,
  }
}

function schemaNameOf(group: string, version: string, kind: string): string {
  return `${group.split('.').toReversed().join('.')}.${version}.${kind}`
}

/** The schema with apiVersion, kind and metadata, which a definition leaves to be understood. */
function withMetadata(root: Schema): Schema {
  const stated = root.properties?.metadata?.properties ?? {}
  const metadata = { ...objectMetaSchema, properties: { ...objectMetaSchema.properties, ...narrowed(stated) } }
  const properties = { ...root.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata } as const
  return { ...root, type: 'object', properties }
}

/** Of metadata a definition may restrict name and generateName, nothing else. */
function narrowed(stated: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> {
  const { name, generateName } = stated
  return {
    ...(name ? { name: { ...name, type: 'string' } } : {}),
    ...(generateName ? { generateName: { ...generateName, type: 'string' } } : {}),
  }
}
