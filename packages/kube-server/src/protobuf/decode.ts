// Reads the protobuf form of built-in kinds, in which typed Go clients send their bodies, into plain JSON data.
import { FlotillaError } from '@flotilla/machinery/errors'
import tablesJson from './tables.json' with { type: 'json' }
import { Reader, wireLengthDelimited } from './reader.ts'
import { wellKnown } from './well-known.ts'

/** JSON name, type, mark: 'r' list, 'm' map with string keys, 'z' left out when zero. */
export type ProtoField = readonly [json: string, type: string, mark?: string]
export type ProtoTables = Readonly<Record<string, Readonly<Record<string, ProtoField>>>>

const tables = tablesJson as unknown as ProtoTables
const magic = Buffer.from('k8s\0', 'latin1')
const maxDepth = 200

const scalars: Readonly<Record<string, (reader: Reader) => unknown>> = {
  string: (reader) => reader.bytes().toString('utf8'),
  bytes: (reader) => reader.bytes().toString('base64'),
  bool: (reader) => reader.varint() !== 0n,
  int32: (reader) => Number(BigInt.asIntN(32, reader.varint())),
  int64: (reader) => Number(BigInt.asIntN(64, reader.varint())),
  uint32: (reader) => Number(BigInt.asUintN(32, reader.varint())),
  uint64: (reader) => Number(BigInt.asUintN(64, reader.varint())),
  double: (reader) => reader.double(),
  float: (reader) => reader.float(),
}

/** Decodes a `k8s\0` envelope (runtime.Unknown). Throws BadRequest for bytes that are none or of an unknown kind. */
export function decodeEnvelope(body: Buffer): Record<string, unknown> {
  if (!body.subarray(0, magic.length).equals(magic)) throw broken('it does not begin with the envelope of Kubernetes')
  const { apiVersion, kind, raw } = readUnknown(body.subarray(magic.length))
  const message = messageOf(apiVersion, kind)
  if (message === undefined) throw broken(`${kind} in version "${apiVersion}" has no protobuf form here`)
  const value = decodeMessage(raw, message)
  return { apiVersion, kind, ...(value as Record<string, unknown>) }
}

function readUnknown(bytes: Buffer): { apiVersion: string; kind: string; raw: Buffer } {
  const reader = new Reader(bytes)
  let apiVersion = ''
  let kind = ''
  let raw = Buffer.alloc(0)
  while (!reader.done) {
    const { field, wire } = reader.tag()
    if (field === 1) [apiVersion, kind] = readTypeMeta(reader.bytes())
    else if (field === 2) raw = Buffer.from(reader.bytes())
    else reader.skip(wire)
  }
  return { apiVersion, kind, raw }
}

function readTypeMeta(bytes: Buffer): [string, string] {
  const reader = new Reader(bytes)
  const fields: Record<number, string> = {}
  while (!reader.done) fields[reader.tag().field] = reader.bytes().toString('utf8')
  return [fields[1] ?? '', fields[2] ?? '']
}

/** Decodes the bytes of `message`, a name of the tables. */
export function decodeMessage(bytes: Buffer, message: string, known: ProtoTables = tables, depth = 0): unknown {
  if (depth > maxDepth) throw broken(`nested deeper than ${maxDepth} levels`)
  const own = wellKnown[message]
  if (own !== undefined) return own(bytes, (inner, type) => decodeMessage(inner, type, known, depth + 1))
  const fields = known[message]
  if (fields === undefined) throw broken(`unknown message ${message}`)
  const target: Record<string, unknown> = {}
  const reader = new Reader(bytes)
  while (!reader.done) {
    const { field, wire } = reader.tag()
    const entry = fields[field]
    if (entry === undefined) reader.skip(wire)
    else readField(reader, wire, entry, target, known, depth)
  }
  return '' in target && Array.isArray(target['']) ? target[''] : target
}

function readField(
  reader: Reader,
  wire: number,
  [json, type, mark]: ProtoField,
  target: Record<string, unknown>,
  known: ProtoTables,
  depth: number,
): void {
  const read = scalars[type] ?? ((from: Reader) => decodeMessage(from.bytes(), type, known, depth + 1))
  if (mark === 'm') return readEntry(reader.bytes(), read, mapOf(target, json))
  if (mark === 'r') return readElement(reader, wire, type, read, listOf(target, json))
  const value = read(reader)
  if (json === '') return void Object.assign(target, value)
  if (mark === 'z' && isZero(value)) return
  if (value !== undefined) target[json] = value
}

function readElement(
  reader: Reader,
  wire: number,
  type: string,
  read: (from: Reader) => unknown,
  list: unknown[],
): void {
  const isPacked = wire === wireLengthDelimited && type in scalars && type !== 'string' && type !== 'bytes'
  if (!isPacked) return void list.push(read(reader))
  const packed = new Reader(reader.bytes())
  while (!packed.done) list.push(read(packed))
}

function readEntry(bytes: Buffer, read: (from: Reader) => unknown, target: Record<string, unknown>): void {
  const reader = new Reader(bytes)
  let key = ''
  let value: unknown
  while (!reader.done) {
    const { field, wire } = reader.tag()
    if (field === 1) key = reader.bytes().toString('utf8')
    else if (field === 2) value = read(reader)
    else reader.skip(wire)
  }
  if (key === '__proto__') throw broken('the key "__proto__" is not allowed')
  target[key] = value ?? ''
}

function listOf(target: Record<string, unknown>, json: string): unknown[] {
  return (target[json] ??= []) as unknown[]
}

function mapOf(target: Record<string, unknown>, json: string): Record<string, unknown> {
  return (target[json] ??= {}) as Record<string, unknown>
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === undefined || value === null
}

function messageOf(apiVersion: string, kind: string): string | undefined {
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? 'core' : apiVersion.slice(0, slash)
  const version = apiVersion.slice(slash + 1)
  return candidates(group, version, kind).find((name) => name in tables)
}

function candidates(group: string, version: string, kind: string): readonly string[] {
  const [short = ''] = group.split('.')
  const special = group.endsWith('apiextensions.k8s.io')
    ? 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions'
    : 'k8s.io.kube_aggregator.pkg.apis.apiregistration'
  const meta = `k8s.io.apimachinery.pkg.apis.meta.v1.${kind}`
  const own = [`k8s.io.api.${short}.${version}.${kind}`, `${special}.${version}.${kind}`]
  return kind.endsWith('Options') ? [...own, meta] : own
}

function broken(why: string): FlotillaError {
  return new FlotillaError('BadRequest', `Cannot read the protobuf body: ${why}`)
}
