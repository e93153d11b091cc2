// Values seen through their types: which shape a value has, and which step leads to an item of a list.
import { FlotillaError } from './errors.ts'
import { fieldStep, keyStep, valueStep, type FieldStep } from './field-step.ts'
import { deduced, type FieldType, type ListType, type MapType } from './field-type.ts'
import { isJsonObject, type JsonObject } from './json-value.ts'

export type Shape = 'map' | 'list' | 'scalar'

/** The one shape that `value` has of those its type allows; a null or a misfit takes the first one allowed. */
export function shapeOf(type: FieldType, value: unknown): Shape {
  if (Array.isArray(value)) {
    if (type.list) return 'list'
  } else if (isJsonObject(value)) {
    if (type.map) return 'map'
  } else if (value !== null && value !== undefined && type.scalar) {
    return 'scalar'
  }
  return type.map ? 'map' : type.scalar ? 'scalar' : 'list'
}

export function asMap(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}

export function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}

/** True for null, nothing, and maps and lists that hold nothing. */
export function isVoid(container: JsonObject | readonly unknown[] | undefined): boolean {
  if (container === undefined) return true
  return (Array.isArray(container) ? container : Object.keys(container)).length === 0
}

export interface TypedField {
  readonly step: FieldStep
  readonly type: FieldType
  /** The schema names the field; a key of a map is not. */
  readonly named: boolean
}

/** Step and type of a field; a field that the schema does not allow is taken for an unknown value. */
export function fieldOf(map: MapType, name: string): TypedField {
  const field = map.fields.get(name)
  if (field !== undefined) return { step: field.step, type: field.type(), named: true }
  return { step: fieldStep(name), type: map.others?.() ?? deduced, named: false }
}

/**
 * The step to an item of a list that is not atomic. Throws BadRequest for items that have no identity:
 * an item without any key field, or a container in a set.
 */
export function itemStep(list: ListType, item: unknown): FieldStep {
  if (list.keys.length === 0) return setItemStep(item)
  if (!isJsonObject(item)) throw badItem('associative list with keys may not have non-map elements')
  const key: Record<string, unknown> = {}
  let known = 0
  for (const name of list.keys) {
    const value = Object.hasOwn(item, name) ? item[name] : list.keyDefault(name)
    if (value === undefined) continue
    key[name] = value
    known++
  }
  if (known === 0) throw badItem(`an item of a keyed list has none of its key fields ${list.keys.join(', ')}`)
  return keyStep(key)
}

function setItemStep(item: unknown): FieldStep {
  if (typeof item === 'object') throw badItem('an item of a set is no string, number or boolean')
  return valueStep(item)
}

function badItem(why: string): FlotillaError {
  return new FlotillaError('BadRequest', `Cannot tell the items of a list apart: ${why}`)
}
