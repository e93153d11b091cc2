// Messages whose JSON form is not that of their fields.
import { Reader } from './reader.ts'

type Decode = (bytes: Buffer, message: string) => unknown
type Scalars = ReadonlyMap<number, bigint | Buffer>

const meta = 'k8s.io.apimachinery.pkg.apis.meta.v1'
const extensions = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1'
const schemaProps = `${extensions}.JSONSchemaProps`

export const wellKnown: Readonly<Record<string, (bytes: Buffer, decode: Decode) => unknown>> = {
  [`${meta}.Time`]: (bytes) => timeOf(bytes, 0),
  [`${meta}.MicroTime`]: (bytes) => timeOf(bytes, 6),
  [`${meta}.FieldsV1`]: (bytes) => jsonOf(bytes),
  [`${meta}.Duration`]: (bytes) => durationOf(bytes),
  'k8s.io.apimachinery.pkg.api.resource.Quantity': (bytes) => textOf(fieldsOf(bytes), 1),
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString': (bytes) => intOrString(bytes),
  'k8s.io.apimachinery.pkg.runtime.RawExtension': (bytes) => jsonOf(bytes),
  [`${extensions}.JSON`]: (bytes) => jsonOf(bytes),
  [`${extensions}.JSONSchemaPropsOrBool`]: (bytes, decode) => {
    const fields = fieldsOf(bytes)
    const schema = fields.get(2)
    return schema instanceof Buffer ? decode(schema, schemaProps) : fields.get(1) === 1n
  },
  [`${extensions}.JSONSchemaPropsOrArray`]: (bytes, decode) => {
    const schema = fieldsOf(bytes).get(1)
    return schema instanceof Buffer ? decode(schema, schemaProps) : schemasOf(bytes, 2, decode)
  },
  [`${extensions}.JSONSchemaPropsOrStringArray`]: (bytes, decode) => {
    const schema = fieldsOf(bytes).get(1)
    return schema instanceof Buffer
      ? decode(schema, schemaProps)
      : repeated(bytes, 2).map((item) => item.toString('utf8'))
  },
}

function schemasOf(bytes: Buffer, field: number, decode: Decode): unknown {
  return repeated(bytes, field).map((item) => decode(item, schemaProps))
}

/** The last value of each field, undecoded. */
function fieldsOf(bytes: Buffer): Scalars {
  const fields = new Map<number, bigint | Buffer>()
  const reader = new Reader(bytes)
  while (!reader.done) {
    const { field, wire } = reader.tag()
    if (wire === 0) fields.set(field, reader.varint())
    else if (wire === 2) fields.set(field, reader.bytes())
    else reader.skip(wire)
  }
  return fields
}

function repeated(bytes: Buffer, wanted: number): readonly Buffer[] {
  const found: Buffer[] = []
  const reader = new Reader(bytes)
  while (!reader.done) {
    const { field, wire } = reader.tag()
    if (field === wanted) found.push(reader.bytes())
    else reader.skip(wire)
  }
  return found
}

/** RFC 3339 with `digits` of a second's fraction; undefined for the zero time, which Go writes without fields. */
function timeOf(bytes: Buffer, digits: number): string | undefined {
  const fields = fieldsOf(bytes)
  const seconds = signed(fields.get(1))
  const nanos = signed(fields.get(2))
  if (!fields.has(1) || seconds === zeroTimeSeconds) return undefined
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.trunc(nanos / 1000)).padStart(digits, '0')}Z`
}

/** Year 1, Go's zero time. */
const zeroTimeSeconds = -62_135_596_800

function durationOf(bytes: Buffer): string {
  const nanos = signed(fieldsOf(bytes).get(1))
  return `${nanos / 1e9}s`
}

function intOrString(bytes: Buffer): number | string {
  const fields = fieldsOf(bytes)
  const isText = fields.get(1) === 1n
  return isText ? textOf(fields, 3) : Number(BigInt.asIntN(32, (fields.get(2) as bigint | undefined) ?? 0n))
}

function jsonOf(bytes: Buffer): unknown {
  const raw = fieldsOf(bytes).get(1)
  return raw instanceof Buffer && raw.length > 0 ? (JSON.parse(raw.toString('utf8')) as unknown) : undefined
}

function textOf(fields: Scalars, field: number): string {
  const value = fields.get(field)
  return value instanceof Buffer ? value.toString('utf8') : ''
}

function signed(value: bigint | Buffer | undefined): number {
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0
}
