// What strategic merge patch needs to know of a schema: how a list or map is merged, and what its parts are.
import type { KindSchema, Schema } from './schema.ts'

/** A place in a schema; what the schema does not tell is unknown and merged like anything unknown. */
export interface PatchMeta {
  /** Lists are merged, by `mergeKey` or as sets of primitives; otherwise replaced. */
  readonly merges: boolean
  /** A map is replaced instead of merged. */
  readonly replaces: boolean
  /** '' for lists of primitives. */
  readonly mergeKey: string
  field(name: string): PatchMeta
  items(): PatchMeta
}

export function patchMetaOf(kind: KindSchema): PatchMeta {
  return metaOf(kind.root, kind)
}

function metaOf(schema: Schema, kind: KindSchema): PatchMeta {
  const strategies = (schema['x-kubernetes-patch-strategy'] ?? '').split(',')
  const shape = dereference(schema, kind)
  return {
    merges: strategies.includes('merge'),
    replaces: strategies.includes('replace'),
    mergeKey: schema['x-kubernetes-patch-merge-key'] ?? '',
    field: (name) => metaOf(fieldSchema(shape, name), kind),
    items: () => metaOf(shape.items ?? {}, kind),
  }
}

function fieldSchema(shape: Schema, name: string): Schema {
  const { properties, additionalProperties } = shape
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name] ?? {}
  return typeof additionalProperties === 'object' ? additionalProperties : {}
}

function dereference(schema: Schema, kind: KindSchema): Schema {
  const ref = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined)
  return ref === undefined ? schema : (kind.resolve(ref) ?? {})
}
