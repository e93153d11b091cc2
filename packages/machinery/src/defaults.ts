// Filling in the defaults that a schema states. Specification: structural defaulting in apiextensions-apiserver.
import { isObject, ownField, withFields } from './json.ts'
import { resolveNode } from './schema-node.ts'
import type { KindSchema, Schema } from './schema.ts'
import { SeenParts } from './seen-parts.ts'

/**
 * `value` with every absent field that has a default, at any depth that exists or is itself made by a default; a null
 * where the schema allows none counts as absent, and is dropped where there is no default unless `keepsNulls`. The same
 * reference when nothing is missing. Defaults are shared, not copied: values are immutable.
 */
export function applyDefaults<T>(kind: KindSchema, value: T, { keepsNulls = false } = {}): T {
  return defaultNode({ kind, keepsNulls }, kind.root, value, true) as T
}

interface Walk {
  readonly kind: KindSchema
  readonly keepsNulls: boolean
}

/** Fields of whole objects in which no default is missing. */
const complete = new SeenParts()

function defaultNode(walk: Walk, schema: Schema, value: unknown, isRoot = false): unknown {
  if (typeof value !== 'object' || value === null) return value
  const node = resolveNode(walk.kind, schema)
  if (Array.isArray(value)) return node.items === undefined ? value : defaultList(walk, node.items, value)
  return isObject(value) ? defaultObject(walk, node, value, isRoot) : value
}

function defaultList(walk: Walk, items: Schema, list: readonly unknown[]): readonly unknown[] {
  const after = list.map((item) => defaultNode(walk, items, orDefault(walk.kind, items, item)))
  return after.some((item, index) => item !== list[index]) ? after : list
}

type Fields = { readonly [field: string]: unknown }

function defaultObject(walk: Walk, node: Schema, object: Fields, isRoot: boolean): Fields {
  const { kind, keepsNulls } = walk
  const changed = new Map<string, unknown>()
  const settle = (field: string, schema: Schema) => {
    const had = ownField(object, field)
    if (isRoot && complete.has(schema, had)) return
    const after = defaultNode(walk, schema, orDefault(kind, schema, had))
    const isStrayNull = !keepsNulls && after === null && resolveNode(kind, schema).nullable !== true
    if (isRoot && !keepsNulls) complete.add(schema, after)
    if (isStrayNull || after !== had) changed.set(field, isStrayNull ? undefined : after)
  }
  for (const [field, schema] of Object.entries(node.properties ?? {})) settle(field, schema)
  if (typeof node.additionalProperties === 'object') {
    const known = node.properties ?? {}
    for (const field of Object.keys(object)) if (!Object.hasOwn(known, field)) settle(field, node.additionalProperties)
  }
  return changed.size === 0 ? object : withFields(object, changed)
}

function orDefault(kind: KindSchema, schema: Schema, value: unknown): unknown {
  if (value !== undefined && value !== null) return value
  const node = resolveNode(kind, schema)
  if (node.default === undefined || (value === null && node.nullable === true)) return value
  return node.default
}
