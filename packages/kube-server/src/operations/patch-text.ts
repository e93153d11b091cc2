// A refused patch as the server shows it: the text of what it made of the object, or the patch itself.
import { goValue } from '@flotilla/machinery/go-json'
import { isObject } from '@flotilla/machinery/json'
import type { Patch } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { metadataFields } from './metadata.ts'

/** JSON of `result`, but nothing of a Secret: what the patch touched has its keys in order, the rest those of Go's structures. */
export function shownPatch(change: Patch, current: KubeObject, result: unknown): string {
  if (current.kind === 'Secret' && current.apiVersion === 'v1') return '(not shown)'
  if (change.type === 'strategic') return goValue(change.patch)
  return JSON.stringify(ordered(result, current, []))
}

type Path = readonly string[]

function ordered(value: unknown, before: unknown, path: Path): unknown {
  if (value === before) return asWritten(value, path)
  if (Array.isArray(value))
    return value.map((item, index) => ordered(item, Array.isArray(before) ? before[index] : undefined, path))
  if (!isObject(value)) return value
  const fields = Object.keys(value)
    .sort()
    .map((key) => [key, ordered(value[key], isObject(before) ? before[key] : undefined, [...path, key])])
  return Object.fromEntries(fields)
}

/** Of metadata and its managed fields the order differs from that of the alphabet and is known. */
function asWritten(value: unknown, path: Path): unknown {
  if (path.length === 1 && path[0] === 'metadata' && isObject(value)) {
    return inOrder({ ...value, managedFields: managedFieldsOf(value) }, metadataFields)
  }
  return path.at(-1) === 'managedFields' ? managedFieldsOf({ managedFields: value }) : value
}

function managedFieldsOf({ managedFields }: { readonly managedFields?: unknown }): unknown {
  if (!Array.isArray(managedFields)) return managedFields
  return managedFields.map((entry: object) => inOrder(entry, managedFieldFields))
}

function inOrder(value: object, names: readonly string[]): object {
  const fields = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]))
}

const managedFieldFields = ['manager', 'operation', 'apiVersion', 'time', 'fieldsType', 'fieldsV1', 'subresource']
