// Bytes of a body into plain data, by content type, refusing what no object may hold.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { BodyProblems } from '../operations.ts'
import { decodeEnvelope } from '../protobuf/decode.ts'
import { duplicateFields, syntaxErrorOf } from './json-syntax.ts'
import { readYaml } from './yaml.ts'

const maxDepth = 1000
/** A text shorter than this cannot be nested past the limit. */
const minDeepLength = 2 * maxDepth

export type BodyFormat = 'json' | 'yaml' | 'protobuf'

const formats: ReadonlyMap<string, BodyFormat> = new Map([
  ['', 'json'],
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'protobuf'],
])

/** Throws UnsupportedMediaType; custom resources have no protobuf form. */
export function formatOf(contentType: string | undefined, takesProtobuf: boolean): BodyFormat {
  const format = formats.get(mediaTypeOf(contentType))
  if (format !== undefined && (format !== 'protobuf' || takesProtobuf)) return format
  const types = [...formats.keys()].filter((type) => type !== '' && (takesProtobuf || formats.get(type) !== 'protobuf'))
  throw unsupported(types)
}

export function unsupported(accepted: readonly string[]): FlotillaError {
  const list = accepted.join(', ')
  return new FlotillaError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  )
}

export function mediaTypeOf(contentType: string | undefined): string {
  if (contentType === undefined) return ''
  const semicolon = contentType.indexOf(';')
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
}

export interface DecodedBody {
  readonly value: unknown
  readonly problems?: BodyProblems
}

/**
 * Throws SyntaxError in Go's words for text that does not parse, BadRequest for what parses and is refused.
 * Fields that are given twice are looked for only when `findsDuplicates`.
 */
export function decodeBody(body: Buffer, format: BodyFormat, findsDuplicates: boolean): DecodedBody {
  if (format === 'protobuf') return { value: decodeProtobuf(body) }
  const text = body.toString('utf8')
  const decoded = format === 'json' ? decodeJson(text, findsDuplicates) : decodeYaml(text, findsDuplicates)
  if (format === 'yaml' || text.length > minDeepLength || mayHoldPrototypeKey(text)) refuseHostile(decoded.value, 0)
  return decoded
}

/** Fields of any form are JSON within. */
function decodeProtobuf(body: Buffer): unknown {
  const value = decodeEnvelope(body)
  if (body.length > minDeepLength || mayHoldPrototypeKey(body)) refuseHostile(value, 0)
  return value
}

function decodeJson(text: string, findsDuplicates: boolean): DecodedBody {
  const value = parseJson(text)
  const fields = findsDuplicates ? duplicateFields(text) : []
  if (fields.length === 0) return { value }
  const told = fields.map((field) => `duplicate field ${JSON.stringify(field)}`)
  return { value, problems: { errors: told, warnings: told } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError(syntaxErrorOf(text))
  }
}

/** Undefined for what is no JSON. */
function readJson(text: string): DecodedBody | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** JSON is YAML, and read many times faster as what it is. */
function decodeYaml(text: string, findsDuplicates: boolean): DecodedBody {
  const json = text.startsWith('{') ? readJson(text) : undefined
  if (json !== undefined && !(findsDuplicates && duplicateFields(text).length > 0)) return json
  const { value, duplicates } = readYaml(text)
  if (!findsDuplicates || duplicates.length === 0) return { value }
  const error = ['yaml: unmarshal errors:', ...duplicates].join('\n  ')
  return { value, problems: { errors: [error], warnings: duplicates } }
}

function mayHoldPrototypeKey(text: string | Buffer): boolean {
  return text.includes('__proto__') || text.includes('\\u')
}

function refuseHostile(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > maxDepth)
    throw new SyntaxError(`invalid character '${Array.isArray(value) ? '[' : '{'}' exceeded max depth`)
  if (Array.isArray(value)) {
    for (const item of value) refuseHostile(item, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__')
      throw new FlotillaError('BadRequest', 'Cannot read the body: the key "__proto__" is not allowed')
    refuseHostile((value as Record<string, unknown>)[key], depth + 1)
  }
}
