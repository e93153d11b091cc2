// Turns the `generated.proto` files into the table that kube-server's protobuf decoder reads.
//
// { "k8s.io.api.core.v1.Pod": { "1": ["metadata", "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"], … } }
// message → field number → [JSON name, type, mark?]. `type` is a scalar of proto2 (string, bytes, bool, int32,
// int64, double …) or a message of the table; mark 'r' is a list, 'm' a map whose keys are strings and whose values
// have the type, 'z' a field that Go always writes and whose zero value its JSON leaves out. The JSON name '' stands
// for the message itself: the fields of an inline struct are merged into the parent, and a message whose only field
// is the list '' is that list (ExtraValue).
// Messages with a JSON form of their own are in the table as the proto files have them: Time, MicroTime, Quantity,
// IntOrString, RawExtension, FieldsV1, and of apiextensions JSON and JSONSchemaPropsOr….
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GoTypes } from './go-types.ts'
import { goNameOfProto } from './names.ts'

export type ProtoField = readonly [json: string, type: string, mark?: 'r' | 'm' | 'z']
export type ProtoTables = Readonly<Record<string, Readonly<Record<string, ProtoField>>>>

/** The messages reachable from `roots`, out of all proto files below `moduleDirs`. */
export function protoTables(moduleDirs: Iterable<string>, roots: Iterable<string>, goTypes: GoTypes): ProtoTables {
  const all = new Map<string, Record<string, ProtoField>>()
  for (const dir of moduleDirs) for (const file of protoFiles(dir)) parseFile(readFileSync(file, 'utf8'), goTypes, all)
  const tables: Record<string, Record<string, ProtoField>> = {}
  const queue = [...roots]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const message = all.get(name)
    if (!message || tables[name]) continue
    tables[name] = message
    for (const [, type] of Object.values(message)) queue.push(type)
  }
  return Object.fromEntries(Object.entries(tables).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function protoFiles(dir: string): readonly string[] {
  const entries = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  return entries.filter((entry) => entry.endsWith('generated.proto')).map((entry) => join(dir, entry))
}

function parseFile(text: string, goTypes: GoTypes, into: Map<string, Record<string, ProtoField>>): void {
  const source = text.replaceAll(/^\s*\/\/.*$/gm, '')
  const packageName = /^package ([\w.]+);/m.exec(source)?.[1] ?? ''
  for (const [, name = '', body = ''] of source.matchAll(/^message (\w+) \{([\s\S]*?)^\}/gm)) {
    into.set(`${packageName}.${name}`, parseMessage(packageName, name, body, goTypes))
  }
}

function parseMessage(packageName: string, name: string, body: string, goTypes: GoTypes): Record<string, ProtoField> {
  const go = goNameOfProto(`${packageName}.${name}`)
  const fields = goTypes.fields(go.importPath, go.name)
  const isList = goTypes.alias(go.importPath, go.name)?.startsWith('[]') ?? false
  const table: Record<string, ProtoField> = {}
  const pattern = /^\s*(?:(optional|repeated)\s+)?(map<string,\s*)?\.?([\w.]+)>?\s+(\w+)\s*=\s*(\d+)/gm
  for (const [, label, map, type = '', protoName = '', number = ''] of body.matchAll(pattern)) {
    const tagged = fields?.find((field) => field.number === Number(number))
    const json = isList ? '' : (tagged?.json ?? protoName)
    const isDropped = tagged !== undefined && (tagged.omitZero || (tagged.omitEmpty && !tagged.type.startsWith('*')))
    const mark = map ? 'm' : label === 'repeated' ? 'r' : isDropped ? 'z' : undefined
    const fullType = scalars.has(type) || type.includes('.') ? type : `${packageName}.${type}`
    table[number] = mark ? [json, fullType, mark] : [json, fullType]
  }
  return table
}

const scalars = new Set(['string', 'bytes', 'bool', 'int32', 'int64', 'uint32', 'uint64', 'double', 'float'])
