// Holding a value against a schema, with the API server's field paths, reasons and words
// (apiextensions-apiserver over kube-openapi's validation).
import type { StatusCause } from './errors.ts'
import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  fieldTooMany,
  fieldTypeInvalid,
} from './field-error.ts'
import { matchesFormat } from './format.ts'
import { canonicalJson, deepEqual, isObject } from './json.ts'
import { listTypeErrors } from './list-type.ts'
import { matchesPattern } from './pattern.ts'
import { childPath, fieldSchema, resolveNode } from './schema-node.ts'
import type { KindSchema, Schema } from './schema.ts'
import { SeenParts } from './seen-parts.ts'

export interface ValidateOptions {
  /** Where the value sits, when it is a part of an object: `spec.template`. */
  readonly path?: string
  /** Custom resources: items of `set` and `map` lists must be unique. */
  readonly checkListTypes?: boolean
}

interface Walk {
  readonly kind: KindSchema
  readonly checkListTypes: boolean
  /** Fields of whole objects that are valid. */
  readonly valid: SeenParts
}

const valid = new SeenParts()
const validWithLists = new SeenParts()

type Fields = { readonly [field: string]: unknown }

/** All that is wrong; empty when the value is valid. Unknown fields are `prune.ts`'s matter. */
export function validateValue(kind: KindSchema, value: unknown, options: ValidateOptions = {}): readonly StatusCause[] {
  const { checkListTypes = false } = options
  const walk = { kind, checkListTypes, valid: checkListTypes ? validWithLists : valid }
  return validateNode(walk, kind.root, value, options.path ?? '')
}

function validateNode(walk: Walk, schema: Schema, value: unknown, path: string): StatusCause[] {
  const node = resolveNode(walk.kind, schema)
  const wrongType = typeError(node, value, path)
  if (wrongType !== undefined) return [wrongType, ...fractionErrors(node, value, path)]
  if (value === null || value === undefined) return enumErrors(node, value, path)
  const causes = hasCombinations(node) ? combinationErrors(walk, node, value, path) : []
  causes.push(...valueErrors(node, value, path), ...enumErrors(node, value, path))
  if (Array.isArray(value)) causes.push(...listErrors(walk, node, value, path))
  else if (isObject(value)) causes.push(...objectErrors(walk, node, value, path))
  return causes
}

function typesOf(node: Schema): readonly string[] {
  if (node['x-kubernetes-int-or-string'] === true) return ['integer', 'string']
  return node.type === undefined ? [] : [node.type]
}

function typeError(node: Schema, value: unknown, path: string): StatusCause | undefined {
  const allowed = typesOf(node)
  const actual = typeOf(value)
  const isAllowed = allowed.includes(actual) || (actual === 'integer' && allowed.includes('number'))
  if (allowed.length === 0 || isAllowed || (actual === 'null' && node.nullable === true)) return undefined
  const detail = `${path} in body must be of type ${allowed.join(',')}: ${JSON.stringify(actual)}`
  return fieldTypeInvalid(at(path), actual, detail)
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

/** Errors of the object as a whole carry no path of their own upstream. */
function at(path: string): string {
  return path === '' ? '<nil>' : path
}

function valueErrors(node: Schema, value: unknown, path: string): StatusCause[] {
  if (typeof value === 'string') return stringErrors(node, value, path)
  return typeof value === 'number' ? numberErrors(node, value, path) : []
}

/** Upstream stops at the first of a string's rules that fails. */
function stringErrors(node: Schema, value: string, path: string): StatusCause[] {
  const { maxLength, minLength, pattern, format } = node
  const length = maxLength === undefined && minLength === undefined ? 0 : characterCount(value)
  if (maxLength !== undefined && length > maxLength) return [fieldTooLong(at(path), maxLength)]
  if (minLength !== undefined && length < minLength) {
    return [fieldInvalid(at(path), value, `${path} in body should be at least ${minLength} chars long`)]
  }
  const causes = pattern === undefined ? [] : patternErrors(pattern, value, path)
  if (format !== undefined && !matchesFormat(format, value)) {
    const detail = `${path} in body must be of type ${format}: ${JSON.stringify(value)}`
    causes.push(fieldTypeInvalid(at(path), value, detail))
  }
  return causes
}

/** Characters as upstream counts them: code points, not UTF-16 units. */
function characterCount(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

function patternErrors(pattern: string, value: string, path: string): StatusCause[] {
  const matches = matchesPattern(pattern, value)
  if (matches === true) return []
  const why = matches === undefined ? ', but pattern is invalid: it does not parse, or could take unbounded time' : ''
  return [fieldInvalid(at(path), value, `${path} in body should match '${pattern}${why}'`)]
}

function numberErrors(node: Schema, value: number, path: string): StatusCause[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, format } = node
  const say = (rule: string) => fieldInvalid(at(path), value, `${path} in body should be ${rule}`)
  const causes: StatusCause[] = []
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) causes.push(say(`a multiple of ${multipleOf}`))
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    causes.push(say(`${exclusiveMaximum === true ? 'less than' : 'less than or equal to'} ${maximum}`))
  }
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    causes.push(say(`${exclusiveMinimum === true ? 'greater than' : 'greater than or equal to'} ${minimum}`))
  }
  if (format === 'int32' && (value > 2 ** 31 - 1 || value < -(2 ** 31))) {
    causes.push(notChecked('with format int32', path))
  }
  return causes
}

/** Upstream tells of a fraction twice, the second time without a path. */
function fractionErrors(node: Schema, value: unknown, path: string): StatusCause[] {
  if (node.type !== 'integer' || typeof value !== 'number') return []
  return [notChecked(node.format === undefined ? '(default format)' : `with format ${node.format}`, path)]
}

function notChecked(format: string, path: string): StatusCause {
  return fieldInvalid('<nil>', '', `Checked value must be of type integer ${format} in ${path}`)
}

function enumErrors(node: Schema, value: unknown, path: string): StatusCause[] {
  if (node.enum === undefined || node.enum.some((allowed) => deepEqual(allowed, value ?? null))) return []
  if ((value === null || value === undefined) && node.nullable === true) return []
  return [fieldNotSupported(at(path), value, node.enum)]
}

function listErrors(walk: Walk, node: Schema, list: readonly unknown[], path: string): StatusCause[] {
  const { items, minItems, maxItems, uniqueItems } = node
  const causes =
    items === undefined ? [] : list.flatMap((item, index) => validateNode(walk, items, item, `${path}[${index}]`))
  if (minItems !== undefined && list.length < minItems) {
    causes.push(fieldInvalid(at(path), list.length, `${path} in body should have at least ${minItems} items`))
  }
  if (maxItems !== undefined && list.length > maxItems) causes.push(fieldTooMany(at(path), list.length, maxItems))
  if (uniqueItems === true && new Set(list.map(canonicalJson)).size < list.length) {
    causes.push(fieldInvalid(at(path), '', `${path} in body shouldn't contain duplicates`))
  }
  if (walk.checkListTypes) causes.push(...listTypeErrors(node, list, path))
  return causes
}

function objectErrors(walk: Walk, node: Schema, object: Fields, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const size = node.minProperties === undefined && node.maxProperties === undefined ? 0 : Object.keys(object).length
  if (node.minProperties !== undefined && size < node.minProperties) {
    const detail = `${path} in body should have at least ${node.minProperties} properties`
    causes.push(fieldInvalid(at(path), size, detail))
  }
  if (node.maxProperties !== undefined && size > node.maxProperties) {
    causes.push(fieldTooMany(at(path), size, node.maxProperties))
  }
  for (const [field, value] of Object.entries(object)) {
    const schema = fieldSchema(node, field)
    if (schema !== undefined && value !== undefined) causes.push(...fieldErrors(walk, schema, value, path, field))
  }
  for (const field of node.required ?? []) {
    if (!Object.hasOwn(object, field) || object[field] === undefined) causes.push(fieldRequired(childPath(path, field)))
  }
  if (node['x-kubernetes-embedded-resource'] === true) causes.push(...embeddedErrors(object, path))
  return causes
}

function fieldErrors(walk: Walk, schema: Schema, value: unknown, path: string, field: string): StatusCause[] {
  if (path !== '') return validateNode(walk, schema, value, childPath(path, field))
  if (walk.valid.has(schema, value)) return []
  const causes = validateNode(walk, schema, value, field)
  if (causes.length === 0) walk.valid.add(schema, value)
  return causes
}

function embeddedErrors(object: Fields, path: string): StatusCause[] {
  return ['apiVersion', 'kind']
    .filter((field) => typeof object[field] !== 'string' || object[field] === '')
    .map((field) => fieldRequired(childPath(path, field), object[field] === '' ? 'must not be empty' : ''))
}

function hasCombinations({ anyOf, oneOf, allOf, not }: Schema): boolean {
  return anyOf !== undefined || oneOf !== undefined || allOf !== undefined || not !== undefined
}

/** `allOf`, `anyOf`, `oneOf` and `not`; where none of several fits, the one with the fewest errors is shown. */
function combinationErrors(walk: Walk, node: Schema, value: unknown, path: string): StatusCause[] {
  const say = (rule: string) => fieldInvalid('<nil>', '', `${JSON.stringify(path)} ${rule}`)
  const tryAll = (schemas: readonly Schema[] | undefined) =>
    (schemas ?? []).map((schema) => validateNode(walk, schema, value, path))
  const causes: StatusCause[] = []
  const any = tryAll(node.anyOf)
  if (any.length > 0 && !any.some(isValid)) {
    causes.push(say('must validate at least one schema (anyOf)'), ...fewest(any))
  }
  const one = tryAll(node.oneOf)
  const fitting = one.filter(isValid).length
  if (one.length > 0 && fitting !== 1) {
    const found = fitting === 0 ? 'Found none valid' : `Found ${fitting} valid alternatives`
    causes.push(say(`must validate one and only one schema (oneOf). ${found}`))
    if (fitting === 0) causes.push(...fewest(one))
  }
  const all = tryAll(node.allOf)
  if (!all.every(isValid)) {
    causes.push(
      ...all.flat(),
      say(`must validate all the schemas (allOf)${all.some(isValid) ? '' : '. None validated'}`),
    )
  }
  if (node.not !== undefined && isValid(validateNode(walk, node.not, value, path))) {
    causes.push(say('must not validate the schema (not)'))
  }
  return causes
}

function isValid(causes: readonly StatusCause[]): boolean {
  return causes.length === 0
}

function fewest(results: readonly StatusCause[][]): readonly StatusCause[] {
  return results.reduce((best, result) => (result.length < best.length ? result : best))
}
