// One step down a schema: following references, and finding the schema of a field or an item.
import { ownField } from './json.ts'
import type { KindSchema, Schema } from './schema.ts'

/** Schemas are immutable and belong to one set, so what a reference leads to is kept beside the schema. */
const resolved = new WeakMap<Schema, Schema>()

/**
 * The schema itself, its `$ref` followed. `allOf` with one reference is how OpenAPI v3 puts a default beside a
 * reference: the two are read as one. An unknown reference is a schema without rules.
 */
export function resolveNode(kind: KindSchema, schema: Schema): Schema {
  const only = schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined
  const ref = schema.$ref ?? only
  if (ref === undefined) return schema
  const known = resolved.get(schema)
  if (known !== undefined) return known
  const { $ref: _ref, allOf: _allOf, ...beside } = schema
  const target = resolveNode(kind, kind.resolve(ref) ?? {})
  const node = { ...target, ...beside }
  resolved.set(schema, node)
  return node
}

/** The schema of `object[field]`; undefined for a field that `node` does not know. `node` is resolved. */
export function fieldSchema(node: Schema, field: string): Schema | undefined {
  const property = node.properties === undefined ? undefined : ownField(node.properties, field)
  if (property !== undefined) return property as Schema
  if (node.additionalProperties === true) return {}
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
}

/** `spec.foo`; without a parent `foo`. */
export function childPath(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`
}
