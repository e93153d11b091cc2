// Filling in the defaults that a schema states. Specification: structural defaulting in apiextensions-apiserver.
import { isObject, ownField } from './json.ts'
import { fieldSchema, resolveNode } from './schema-node.ts'
import type { KindSchema, Schema } from './schema.ts'

/**
 * `value` with every absent field that has a default, at any depth that exists or is itself made by a default; a null
 * where the schema allows none counts as absent. The same reference when nothing is missing. Defaults are shared, not
 * copied: values are immutable.
 */
export function applyDefaults<T>(kind: KindSchema, value: T): T {
  return defaultNode(kind, kind.root, value) as T
}

function defaultNode(kind: KindSchema, schema: Schema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const node = resolveNode(kind, schema)
  if (Array.isArray(value)) return node.items === undefined ? value : defaultList(kind, node.items, value)
  return isObject(value) ? defaultObject(kind, node, value) : value
}

function defaultList(kind: KindSchema, items: Schema, list: readonly unknown[]): readonly unknown[] {
  const after = list.map((item) => defaultNode(kind, items, orDefault(kind, items, item)))
  return after.some((item, index) => item !== list[index]) ? after : list
}

type Fields = { readonly [field: string]: unknown }

function defaultObject(kind: KindSchema, node: Schema, object: Fields): Fields {
  const changed: [string, unknown][] = []
  for (const [field, schema] of Object.entries(node.properties ?? {})) {
    const had = ownField(object, field)
    const after = defaultNode(kind, schema, orDefault(kind, schema, had))
    if (after !== had) changed.push([field, after])
  }
  if (typeof node.additionalProperties === 'object') {
    for (const [field, had] of Object.entries(object)) {
      if (node.properties !== undefined && Object.hasOwn(node.properties, field)) continue
      const schema = fieldSchema(node, field) ?? {}
      const after = defaultNode(kind, schema, orDefault(kind, schema, had))
      if (after !== had) changed.push([field, after])
    }
  }
  return changed.length === 0 ? object : Object.fromEntries([...Object.entries(object), ...changed])
}

function orDefault(kind: KindSchema, schema: Schema, value: unknown): unknown {
  if (value !== undefined && value !== null) return value
  const node = resolveNode(kind, schema)
  if (node.default === undefined || (value === null && node.nullable === true)) return value
  return node.default
}
