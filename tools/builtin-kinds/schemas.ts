// Turns the OpenAPI documents of a real kube-apiserver into schemas without prose whose `default`s say what an
// object looks like after the server has read it.
import type { Schema } from '../../packages/machinery/src/schema.ts'
import type { GoField, GoTypes } from './go-types.ts'
import { goNameOf } from './names.ts'

type Json = Readonly<Record<string, unknown>>
export type SchemaSet = Record<string, Schema>

/** Adds the schemas of one `/openapi/v3/…` document to `into`. */
export function addSchemas(document: unknown, into: SchemaSet): void {
  const { components } = document as { components?: { schemas?: Record<string, Json> } }
  for (const [name, schema] of Object.entries(components?.schemas ?? {})) into[name] ??= compact(schema)
}

/** Keeps what machines need: no descriptions, and a reference beside its default instead of within `allOf`. */
function compact(schema: Json): Schema {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'description' || key === 'x-kubernetes-unions') continue
    if (key === 'x-kubernetes-group-version-kind' && (value as unknown[]).length > 2) continue
    if (key === 'properties') out[key] = mapValues(value as Record<string, Json>, compact)
    else if (key === 'items' || key === 'additionalProperties') out[key] = isSchema(value) ? compact(value) : value
    else if (key === 'allOf') Object.assign(out, (value as Json[])[0])
    else out[key] = value
  }
  if (out['format'] === 'int-or-string') out['x-kubernetes-int-or-string'] = true
  return out
}

/**
 * Go encodes a struct, a number or a string that is not there as its zero value unless the field's tag says
 * `omitempty` (no use for structs) or `omitzero`. The zero values that clients see become defaults, the others go.
 */
export function stateZeroValues(schemas: SchemaSet, goTypes: GoTypes): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const go = goNameOf(name)
    const fields = schema.properties && flatten(go.importPath, go.name, goTypes)
    if (!fields || !schema.properties) continue
    schemas[name] = {
      ...schema,
      properties: Object.fromEntries(
        Object.entries(schema.properties).map(([property, value]) => [property, withZero(value, fields.get(property))]),
      ),
    }
  }
}

function flatten(importPath: string, name: string, goTypes: GoTypes): Map<string, GoField> {
  const fields = new Map<string, GoField>()
  for (const field of goTypes.fields(importPath, name) ?? []) {
    if (field.json !== '') fields.set(field.json, field)
    else if (!field.type.includes('.')) {
      for (const [json, inner] of flatten(importPath, field.type.replace('*', ''), goTypes)) fields.set(json, inner)
    }
  }
  return fields
}

function withZero(schema: Schema, field: GoField | undefined): Schema {
  if (!field) return schema
  const { default: stated, ...bare } = schema
  const isReference = /^(\*|\[\]|map\[)/.test(field.type)
  const isHidden = field.omitZero || (field.omitEmpty && (isReference || schema.$ref === undefined))
  if (isZero(stated) && isHidden && !isReference) return bare
  if (stated !== undefined || isHidden) return schema
  if (isReference) return { ...schema, default: null, nullable: true }
  const zero = zeroOf(field.type)
  return zero === undefined ? schema : { ...schema, default: zero, ...(zero === null ? { nullable: true } : {}) }
}

/** How the structs that encode themselves show nothing. */
function zeroOf(type: string): unknown {
  if (/(^|\.)(Micro)?Time$/.test(type) || /(^|\.)RawExtension$/.test(type)) return null
  if (/(^|\.)Quantity$/.test(type)) return '0'
  if (/(^|\.)IntOrString$/.test(type)) return 0
  return undefined
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || JSON.stringify(value) === '{}'
}

function isSchema(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
