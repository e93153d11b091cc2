// Plain JSON values: telling them apart, comparing them, and changing one path without touching the original.
import { isJsonObject, type JsonObject } from './json-value.ts'

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [field: string]: JsonValue }

export type { JsonObject }

/** One step of a path: a field's name or a list's index. */
export type PathStep = string | number

export const isObject: (value: unknown) => value is JsonObject = isJsonObject

/** The field itself, never one inherited from Object's prototype. */
export function ownField(object: JsonObject, field: string): unknown {
  return Object.hasOwn(object, field) ? object[field] : undefined
}

/** True for equal JSON; a field that is `undefined` equals one that is absent. */
export function deepEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right) || left === right) return true
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false
    return left.every((item, index) => deepEqual(item, right[index]))
  }
  return isObject(left) && isObject(right) && equalObjects(left, right)
}

function equalObjects(left: JsonObject, right: JsonObject): boolean {
  let fields = 0
  for (const field of Object.keys(left)) {
    if (left[field] === undefined) continue
    fields += 1
    if (!Object.hasOwn(right, field) || !deepEqual(left[field], right[field])) return false
  }
  return fields === definedFields(right).length
}

function definedFields(object: JsonObject): string[] {
  return Object.keys(object).filter((field) => object[field] !== undefined)
}

/** JSON with sorted keys and no spaces: equal values give equal text, ready to be hashed. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  const fields = definedFields(value).sort()
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonicalJson(value[field])}`).join(',')}}`
}

/** What is at `path`, or undefined where the path leaves the value. */
export function getPath(value: unknown, path: readonly PathStep[]): unknown {
  let current = value
  for (const step of path) {
    if (Array.isArray(current)) current = typeof step === 'number' ? current[step] : undefined
    else if (isObject(current)) current = ownField(current, String(step))
    else return undefined
  }
  return current
}

/**
 * `value` with `to` at `path`; everything beside the path is shared with the original. Missing objects on the way
 * are made (a number makes a list; an index past the end appends). `undefined` removes the field or the item.
 */
export function setPath<T>(value: T, path: readonly PathStep[], to: unknown): T
export function setPath(value: unknown, path: readonly PathStep[], to: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return to
  if (typeof step === 'number') return withItem(Array.isArray(value) ? value : [], step, rest, to)
  const object = isObject(value) ? value : {}
  const before = ownField(object, step)
  if (to === undefined && before === undefined) return value
  const after = setPath(before, rest, to)
  if (after === before && value === object) return value
  return after === undefined ? without(object, step) : { ...object, [step]: after }
}

function withItem(list: readonly unknown[], index: number, rest: readonly PathStep[], to: unknown): unknown {
  const after = setPath(list[index], rest, to)
  if (index >= list.length) return after === undefined ? list : [...list, after]
  if (after === list[index]) return list
  return after === undefined ? list.toSpliced(index, 1) : list.with(index, after)
}

/** The object with `changes`, each field in its place and new ones at the end; `undefined` removes a field. */
export function withFields(object: JsonObject, changes: ReadonlyMap<string, unknown>): JsonObject {
  const fields = new Map(Object.entries(object))
  for (const [field, value] of changes) {
    if (value === undefined) fields.delete(field)
    else fields.set(field, value)
  }
  return Object.fromEntries(fields)
}

/** The object less one field; the same object where it has none. */
export function without(object: JsonObject, field: string): JsonObject {
  if (!Object.hasOwn(object, field)) return object
  const { [field]: _, ...rest } = object
  return rest
}
