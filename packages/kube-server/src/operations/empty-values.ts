// Empty lists and maps of built-in kinds: their structures tell none from an empty one, and write neither.
import { isObject, withFields } from '@flotilla/machinery/json'
import { resolveNode } from '@flotilla/machinery/schema-node'
import type { KindSchema, Schema } from '@flotilla/machinery/schema'

/**
 * `value` without its empty lists and maps; those that are always written are null. The same reference when it has
 * none. Empty structures stay: they say something by being there.
 */
export function withoutEmptyValues<T>(kind: KindSchema, value: T): T {
  return inNode(kind, kind.root, value) as T
}

function inNode(kind: KindSchema, schema: Schema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const node = resolveNode(kind, schema)
  if (Array.isArray(value)) return inList(kind, node, value)
  if (!isObject(value)) return value
  if (node.properties !== undefined) return inStruct(kind, node, node.properties, value)
  return typeof node.additionalProperties === 'object' ? inMap(kind, node.additionalProperties, value) : value
}

function inList(kind: KindSchema, { items }: Schema, list: readonly unknown[]): readonly unknown[] {
  if (items === undefined) return list
  const after = list.map((item) => inNode(kind, items, item))
  return after.some((item, index) => item !== list[index]) ? after : list
}

type Fields = Readonly<Record<string, unknown>>

function inMap(kind: KindSchema, values: Schema, map: Fields): Fields {
  return changed(map, (key) => inNode(kind, values, map[key]))
}

function inStruct(
  kind: KindSchema,
  node: Schema,
  properties: NonNullable<Schema['properties']>,
  value: Fields,
): Fields {
  return changed(value, (field) => {
    const schema = Object.hasOwn(properties, field) ? properties[field] : undefined
    if (schema === undefined) return value[field]
    if (!isEmptyValue(kind, schema, value[field])) return inNode(kind, schema, value[field])
    const isAlwaysWritten = schema.default === null || (node.required?.includes(field) ?? false)
    return isAlwaysWritten ? null : undefined
  })
}

function changed(value: Fields, settle: (field: string) => unknown): Fields {
  const changes = new Map<string, unknown>()
  for (const field of Object.keys(value)) {
    const after = settle(field)
    if (after !== value[field]) changes.set(field, after)
  }
  return changes.size === 0 ? value : withFields(value, changes)
}

function isEmptyValue(kind: KindSchema, schema: Schema, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (!isObject(value)) return false
  for (const _ in value) return false
  const node = resolveNode(kind, schema)
  return node.properties === undefined && typeof node.additionalProperties === 'object'
}
