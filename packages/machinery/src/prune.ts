// Dropping the fields that a schema does not know (custom resources), or naming them (strict decoding).
// Specification: structural schemas in apiextensions-apiserver.
import { isObject } from './json.ts'
import { objectMetaSchema } from './object-meta-schema.ts'
import { childPath, fieldSchema, resolveNode } from './schema-node.ts'
import type { KindSchema, Schema } from './schema.ts'
import { SeenParts } from './seen-parts.ts'

export interface Pruned<T> {
  /** The same reference when nothing was dropped. */
  readonly value: T
  /** Paths of what was dropped, sorted: `spec.foo`, `spec.list[0].bar`. */
  readonly pruned: readonly string[]
}

/**
 * Drops what a structural schema does not name, as the API server does with custom resources. The root and embedded
 * resources keep apiVersion, kind and metadata whatever the schema says.
 */
export function pruneValue<T>(kind: KindSchema, value: T): Pruned<T> {
  const pruned: string[] = []
  const root: Schema = { ...resolveNode(kind, kind.root), 'x-kubernetes-embedded-resource': true }
  const kept = pruneNode({ kind, pruned, isBuiltIn: false, known: known.custom }, root, value, '')
  return { value: kept as T, pruned: pruned.sort() }
}

/** `unknown field "spec.foo"` for each field that the schema of a built-in kind does not name, in their order. */
export function unknownFields(kind: KindSchema, value: unknown): readonly string[] {
  const pruned: string[] = []
  pruneNode({ kind, pruned, isBuiltIn: true, known: known.builtIn }, kind.root, value, '')
  return pruned.map((path) => `unknown field ${JSON.stringify(path)}`)
}

/** Drops the fields that `unknownFields` names: what decoding into a built-in kind loses. */
export function dropUnknownFields<T>(kind: KindSchema, value: T): Pruned<T> {
  const pruned: string[] = []
  const kept = pruneNode({ kind, pruned, isBuiltIn: true, known: known.builtIn }, kind.root, value, '')
  return { value: kept as T, pruned }
}

interface Walk {
  readonly kind: KindSchema
  readonly pruned: string[]
  /** Built-in kinds: an object schema without any properties (RawExtension, FieldsV1) holds anything. */
  readonly isBuiltIn: boolean
  /** Fields of whole objects in which nothing is unknown. */
  readonly known: SeenParts
}

const known = { builtIn: new SeenParts(), custom: new SeenParts() }

const metaFields = new Set(['apiVersion', 'kind', 'metadata'])

/** `schema` undefined: nothing is known of the value, so objects in it lose all their fields. */
function pruneNode(walk: Walk, schema: Schema | undefined, value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  const node = schema === undefined ? undefined : resolveNode(walk.kind, schema)
  if (Array.isArray(value)) return pruneList(walk, node, value, path)
  return isObject(value) ? pruneObject(walk, node, value, path) : value
}

function pruneList(walk: Walk, node: Schema | undefined, list: readonly unknown[], path: string): readonly unknown[] {
  const keepsAll = node?.['x-kubernetes-preserve-unknown-fields'] === true
  if (isFree(walk, node) || (keepsAll && node?.items === undefined)) return list
  const items = keepsAll ? { ...node?.items, 'x-kubernetes-preserve-unknown-fields': true as const } : node?.items
  const kept = list.map((item, index) => pruneNode(walk, items, item, `${path}[${index}]`))
  return kept.some((item, index) => item !== list[index]) ? kept : list
}

type Fields = { readonly [field: string]: unknown }

function pruneObject(walk: Walk, node: Schema | undefined, object: Fields, path: string): Fields {
  if (isFree(walk, node)) return object
  const keepsAll = node?.['x-kubernetes-preserve-unknown-fields'] === true
  const keepsMeta = node?.['x-kubernetes-embedded-resource'] === true
  let changes = 0
  const kept: [string, unknown][] = []
  for (const [field, value] of Object.entries(object)) {
    const schema = node === undefined ? undefined : fieldSchema(node, field)
    const isMeta = keepsMeta && metaFields.has(field)
    const isKept = schema !== undefined || keepsAll || isMeta
    if (!isKept) walk.pruned.push(childPath(path, field))
    const below = isMeta ? (field === 'metadata' ? objectMetaSchema : undefined) : schema
    const inner = isMeta ? { ...walk, isBuiltIn: true } : walk
    const after = isKept && below !== undefined ? pruneField(inner, below, value, path, field) : value
    if (isKept) kept.push([field, after])
    if (!isKept || after !== value) changes += 1
  }
  return changes === 0 ? object : Object.fromEntries(kept)
}

function pruneField(walk: Walk, schema: Schema, value: unknown, path: string, field: string): unknown {
  if (path !== '') return pruneNode(walk, schema, value, childPath(path, field))
  if (walk.known.has(schema, value)) return value
  const before = walk.pruned.length
  const after = pruneNode(walk, schema, value, field)
  if (walk.pruned.length === before) walk.known.add(schema, after)
  return after
}

/** Anything goes here: no schema is stated for a built-in kind's value. */
function isFree(walk: Walk, node: Schema | undefined): boolean {
  if (!walk.isBuiltIn) return false
  if (node === undefined || node['x-kubernetes-preserve-unknown-fields'] === true) return true
  return node.properties === undefined && node.additionalProperties === undefined && node.items === undefined
}
