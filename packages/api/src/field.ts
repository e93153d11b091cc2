// The vocabulary that kinds are written in: typebox schemas in which no field goes without a description.
import { type Static, type TProperties, type TSchema, Type } from 'typebox'

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

/** The static type of a schema; like all objects of the API, never mutated. */
export type ValueOf<Schema extends TSchema> = DeepReadonly<Static<Schema>>

interface TextOptions {
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly default?: string
}

interface NumberOptions {
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: number
}

interface ListOptions {
  readonly minItems?: number
  readonly maxItems?: number
  /** Fields that tell the items of the list apart: server-side apply merges by them. */
  readonly keys?: readonly string[]
  /** Items are scalars of which each occurs once. */
  readonly set?: boolean
}

interface ObjectOptions {
  readonly default?: object
}

export const optional = Type.Optional

export function text(description: string, options: TextOptions = {}) {
  return Type.String({ ...options, description })
}

export function time(description: string) {
  return Type.String({ format: 'date-time', description })
}

/** An integer of 32 bits, as replicas and counts are in Kubernetes. */
export function integer(description: string, options: NumberOptions = {}) {
  return Type.Integer({ format: 'int32', ...options, description })
}

/** An integer of 64 bits: generations. */
export function long(description: string, options: NumberOptions = {}) {
  return Type.Integer({ format: 'int64', ...options, description })
}

export function number(description: string, options: NumberOptions = {}) {
  return Type.Number({ ...options, description })
}

export function flag(description: string, options: { readonly default?: boolean } = {}) {
  return Type.Boolean({ ...options, description })
}

export function choice<const Values extends readonly string[]>(
  description: string,
  values: readonly [...Values],
  options: { readonly default?: Values[number] } = {},
) {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: values, ...options, description })
}

export function object<Properties extends TProperties>(
  description: string,
  properties: Properties,
  options: ObjectOptions = {},
) {
  return Type.Object(properties, { ...options, description })
}

export function map<Item extends TSchema>(description: string, item: Item) {
  return Type.Unsafe<Record<string, Static<Item>>>({ type: 'object', additionalProperties: item, description })
}

export function list<Item extends TSchema>(description: string, item: Item, options: ListOptions = {}) {
  const { keys, set, ...bounds } = options
  const merge = keys
    ? { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys }
    : { 'x-kubernetes-list-type': set === true ? 'set' : 'atomic' }
  return Type.Array(item, { ...bounds, ...merge, description })
}

/** Any JSON value, kept as it is. */
export function anything(description: string) {
  return Type.Unsafe<unknown>({ 'x-kubernetes-preserve-unknown-fields': true, description })
}

/** Any JSON object, kept as it is. */
export function anyObject(description: string) {
  return Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    description,
  })
}
