// Bytes of a body into plain data, by content type, refusing what no object may hold.
import { FlotillaError } from '@flotilla/machinery/errors'
import { decodeEnvelope } from '../protobuf/decode.ts'
import { parseYaml } from './yaml.ts'

const maxDepth = 1000
/** A text shorter than this cannot be nested past the limit. */
const minDeepLength = 2 * maxDepth

export type BodyFormat = 'json' | 'yaml' | 'protobuf'

const formats: Readonly<Record<string, BodyFormat>> = {
  '': 'json',
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
}

/** Throws UnsupportedMediaType; custom resources have no protobuf form. */
export function formatOf(contentType: string | undefined, takesProtobuf: boolean): BodyFormat {
  const format = formats[mediaTypeOf(contentType)]
  if (format !== undefined && (format !== 'protobuf' || takesProtobuf)) return format
  const types = Object.keys(formats).filter((type) => type !== '' && (takesProtobuf || formats[type] !== 'protobuf'))
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

/** Throws SyntaxError or YAMLParseError for text that does not parse, BadRequest for what parses and is refused. */
export function decodeBody(body: Buffer, format: BodyFormat): unknown {
  if (format === 'protobuf') return decodeEnvelope(body)
  const text = body.toString('utf8')
  const value: unknown = format === 'json' ? JSON.parse(text) : parseYaml(text)
  if (format === 'yaml' || text.length > minDeepLength || mayHoldPrototypeKey(text)) refuseHostile(value, 0)
  return value
}

function mayHoldPrototypeKey(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u')
}

function refuseHostile(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > maxDepth)
    throw new FlotillaError('BadRequest', `Cannot read the body: nested deeper than ${maxDepth} levels`)
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
