// Values of the wrong type in objects of built-in kinds, told as Go's JSON decoder tells them: the first one only.
import { isObject } from '@flotilla/machinery/json'
import { resolveNode } from '@flotilla/machinery/schema-node'
import { parseQuantity } from '@flotilla/machinery/quantity'
import type { KindSchema, Schema } from '@flotilla/machinery/schema'

interface Place {
  readonly kind: KindSchema
  /** Go's name of the struct that the field is in. */
  readonly struct: string
  /** Names of the fields on the way, without indexes and keys of maps. */
  readonly fields: readonly string[]
}

/** Undefined when `value` can be read into the kind. `name`: OpenAPI name of the root schema. */
export function wrongType(kind: KindSchema, name: string, value: unknown): string | undefined {
  return inNode({ kind, struct: lastPart(name), fields: [] }, kind.root, name, value)
}

/** `schema` as it stands in the parent, where its name is known by its reference. */
function inSchema(place: Place, schema: Schema, value: unknown): string | undefined {
  return inNode(place, schema, nameOf(schema), value)
}

function inNode(place: Place, schema: Schema, name: string | undefined, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  const own = name === undefined ? undefined : ownReader(name)
  if (own !== undefined) return own(value)
  const node = resolveNode(place.kind, schema)
  if (node.properties !== undefined) return inStruct(place, node, name, value)
  if (node.type === 'array') return inList(place, node, value)
  if (typeof node.additionalProperties === 'object') return inMap(place, node.additionalProperties, value)
  if (node.type === undefined || node.type === 'object') return undefined
  return inScalar(place, node, value)
}

function inStruct(place: Place, node: Schema, name: string | undefined, value: unknown): string | undefined {
  if (!isObject(value)) return mismatch(place, value, name === undefined ? 'struct' : goName(name))
  const struct = name === undefined ? place.struct : lastPart(name)
  const properties = node.properties ?? {}
  for (const field of Object.keys(value)) {
    const schema = Object.hasOwn(properties, field) ? properties[field] : undefined
    if (schema === undefined) continue
    const wrong = inSchema({ ...place, struct, fields: [...place.fields, field] }, schema, value[field])
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function inList(place: Place, { items = {} }: Schema, value: unknown): string | undefined {
  if (!Array.isArray(value)) return mismatch(place, value, `[]${goType(place.kind, items)}`)
  for (const item of value) {
    const wrong = inSchema(place, items, item)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function inMap(place: Place, values: Schema, value: unknown): string | undefined {
  if (!isObject(value)) return mismatch(place, value, `map[string]${goType(place.kind, values)}`)
  for (const key of Object.keys(value)) {
    const wrong = inSchema(place, values, value[key])
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function inScalar(place: Place, node: Schema, value: unknown): string | undefined {
  const { type, format } = node
  if (type === 'string') {
    if (typeof value !== 'string') return mismatch(place, value, scalarType(node))
    if (format === 'byte') return badBase64(value)
    return format === 'date-time' ? badTime(value) : undefined
  }
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : mismatch(place, value, 'bool')
  if (typeof value !== 'number') return mismatch(place, value, scalarType(node))
  if (type !== 'integer' || fits(value, format)) return undefined
  return unreadable(place, `number ${value}`, scalarType(node))
}

function fits(value: number, format: string | undefined): boolean {
  return Number.isInteger(value) && (format !== 'int32' || Math.abs(value + 0.5) < 2 ** 31)
}

function mismatch(place: Place, value: unknown, type: string): string {
  return unreadable(place, jsonType(value), type)
}

function unreadable({ struct, fields }: Place, what: string, type: string): string {
  if (fields.length === 0) return `json: cannot unmarshal ${what} into Go value of type ${type}`
  return `json: cannot unmarshal ${what} into Go struct field ${struct}.${fields.join('.')} of type ${type}`
}

export function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return value === null ? 'null' : typeof value
}

const prefix = '#/components/schemas/'

function nameOf(schema: Schema): string | undefined {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
  return ref?.slice(prefix.length)
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** `v1.PodSpec` of `io.k8s.api.core.v1.PodSpec`. */
function goName(name: string): string {
  return name.split('.').slice(-2).join('.')
}

function goType(kind: KindSchema, schema: Schema): string {
  const name = nameOf(schema)
  if (name !== undefined) return goName(name)
  const node = resolveNode(kind, schema)
  if (node.type === 'array') return `[]${goType(kind, node.items ?? {})}`
  if (typeof node.additionalProperties === 'object') return `map[string]${goType(kind, node.additionalProperties)}`
  return scalarType(node)
}

function scalarType({ type, format }: Schema): string {
  if (type === 'integer') return format ?? 'int64'
  if (type === 'number') return 'float64'
  if (type === 'boolean') return 'bool'
  return format === 'byte' ? '[]uint8' : (type ?? 'interface {}')
}

/** Types that read JSON in a way of their own. */
function ownReader(name: string): ((value: unknown) => string | undefined) | undefined {
  return readers[lastPart(name)]
}

const readers: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  Quantity: (value) => (isQuantity(value) ? undefined : badQuantity),
  IntOrString: (value) =>
    typeof value === 'string' || (typeof value === 'number' && fits(value, 'int32'))
      ? undefined
      : `json: cannot unmarshal ${typeof value === 'number' ? `number ${value}` : jsonType(value)} into Go value of type int32`,
  Time: (value) => (typeof value === 'string' ? badTime(value) : notText(value)),
  MicroTime: (value) =>
    typeof value === 'string' ? badTime(value, '2006-01-02T15:04:05.000000Z07:00') : notText(value),
  FieldsV1: () => undefined,
  RawExtension: () => undefined,
}

const badQuantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

function isQuantity(value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return false
  try {
    parseQuantity(value)
    return true
  } catch {
    return false
  }
}

function notText(value: unknown): string {
  return `json: cannot unmarshal ${jsonType(value)} into Go value of type string`
}

const timePattern =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function badTime(value: string, layout = '2006-01-02T15:04:05Z07:00'): string | undefined {
  if (value === '' || timePattern.test(value)) return undefined
  return `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(value)} as "2006"`
}

const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/

/** Go counts to the first byte that cannot be where it is. */
function badBase64(value: string): string | undefined {
  const text = value.replaceAll(/[\r\n]/g, '')
  if (text.length % 4 === 0 && base64Pattern.test(text)) return undefined
  const wrong = text.search(/[^A-Za-z0-9+/]/)
  const isPadding = wrong >= 0 && text[wrong] === '=' && /^={1,2}$/.test(text.slice(wrong))
  const at = wrong < 0 ? text.length - (text.length % 4) : isPadding ? text.length : wrong
  return `illegal base64 data at input byte ${at}`
}
