// The Swagger document as gnostic's OpenAPIv2.proto, the one form in which kubectl takes it (it validates Lists by it).
// Written are title, definitions and what of a schema has a meaning to clients; paths are left out.
import { asDict, textAt, valueAt, type Dict } from '@flotilla/machinery/untyped'
import { field, flag, message } from '../protobuf/writer.ts'

/** Field numbers of gnostic's messages. */
const document = { swagger: 1, info: 2, definitions: 9 }
const schemaField = {
  ref: 1,
  format: 2,
  description: 4,
  required: 19,
  enum: 20,
  additionalProperties: 21,
  type: 22,
  items: 23,
  properties: 25,
  extension: 31,
}

/** `swagger`: as `openApiV2` makes it. */
export function encodeOpenApiV2(swagger: object): Buffer {
  const info = message([field(1, textAt(swagger, 'info', 'title')), field(2, textAt(swagger, 'info', 'version'))])
  return message([
    field(document.swagger, textAt(swagger, 'swagger')),
    field(document.info, info),
    field(document.definitions, namedSchemas(asDict(valueAt(swagger, 'definitions')))),
  ])
}

/** Definitions and Properties alike: names with their schemas. */
function namedSchemas(schemas: Dict): Buffer {
  return message(Object.entries(schemas).map(([name, schema]) => field(1, named(name, encodeSchema(asDict(schema))))))
}

function named(name: string, value: Buffer): Buffer {
  return message([field(1, name), field(2, value)])
}

function encodeSchema(schema: Dict): Buffer {
  const { $ref, format, description, required, type, items, properties, additionalProperties } = schema
  return message([
    ...texts(schemaField.ref, $ref),
    ...texts(schemaField.format, format),
    ...texts(schemaField.description, description),
    ...texts(schemaField.required, required),
    ...(Array.isArray(schema['enum']) ? schema['enum'].map((value) => field(schemaField.enum, anyOf(value))) : []),
    ...extra(additionalProperties),
    ...(typeof type === 'string' ? [field(schemaField.type, message([field(1, type)]))] : []),
    ...itemsOf(type, items),
    ...(properties === undefined ? [] : [field(schemaField.properties, namedSchemas(asDict(properties)))]),
    ...extensions(schema),
  ])
}

function extra(value: unknown): readonly Buffer[] {
  if (value === undefined) return []
  const item = typeof value === 'boolean' ? flag(2, value) : field(1, encodeSchema(asDict(value)))
  return [field(schemaField.additionalProperties, item)]
}

/** kubectl refuses the whole document for one list without a schema of its items. */
function itemsOf(type: unknown, items: unknown): readonly Buffer[] {
  if (items === undefined && type !== 'array') return []
  return [field(schemaField.items, field(1, encodeSchema(asDict(items))))]
}

function extensions(schema: Dict): readonly Buffer[] {
  return Object.entries(schema)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => field(schemaField.extension, named(name, anyOf(value))))
}

/** gnostic's Any holds YAML; JSON is YAML. */
function anyOf(value: unknown): Buffer {
  return field(2, `${JSON.stringify(value)}\n`)
}

function texts(number: number, value: unknown): readonly Buffer[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.flatMap((text) => (typeof text === 'string' ? [field(number, text)] : []))
}
