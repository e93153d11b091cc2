// The object that a kind has before anybody has written to it: what its creator owns is told by comparison.
import { setField, type JsonObject } from './json-value.ts'
import type { KindSchema, ResolveSchema, Schema } from './schema.ts'

/**
 * Built-in kinds have parts that are always there, empty or not: structs and zero values, which their schemas tell
 * by a default of `{}`, `''`, `0` or `false`, and required lists and maps, which are null. Nobody owns such a part
 * as such. Custom resources have none but metadata.
 */
export function emptyObject(schema: KindSchema): JsonObject {
  let empty = emptyObjects.get(schema)
  if (empty === undefined) {
    const root = dereference(schema.root, schema.resolve)
    empty = { metadata: {}, ...(isBuiltin(root) ? emptyParts(root, schema.resolve) : {}) }
    emptyObjects.set(schema, empty)
  }
  return empty
}

const emptyObjects = new WeakMap<KindSchema, JsonObject>()

/** Only built-in schemas refer to others. */
function isBuiltin(root: Schema): boolean {
  return root.properties?.['metadata']?.$ref !== undefined || root.properties?.['metadata']?.allOf !== undefined
}

/** Fields with such a default that are pointers: defaulting sets them, for their owner. */
const pointers = new Set([
  'securityContext',
  'persistentVolumeClaimRetentionPolicy',
  'suspend',
  'podInfoOnMount',
  'requiresRepublish',
  'seLinuxMount',
  'storageCapacity',
])

function emptyParts(schema: Schema, resolve: ResolveSchema): JsonObject {
  const parts: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (pointers.has(name)) continue
    const empty = emptyPart(field, schema.required?.includes(name) ?? false, resolve)
    if (empty !== undefined) setField(parts, name, empty)
  }
  return parts
}

function emptyPart(field: Schema, required: boolean, resolve: ResolveSchema): unknown {
  if (field.default === undefined) return required ? null : undefined
  if (isEmptyObject(field.default)) return emptyParts(dereference(field, resolve), resolve)
  return field.default ? undefined : field.default
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function dereference(schema: Schema, resolve: ResolveSchema): Schema {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
  return ref === undefined ? schema : (resolve(ref) ?? {})
}
