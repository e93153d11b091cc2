// JSON Patch (RFC 6902) with the API server's limits and the words of the library that it uses. Everything that an
// operation does not touch is shared with the original.
import { FlotillaError } from './errors.ts'
import { deepEqual, isObject, ownField, without } from './json.ts'
import type { JsonPatchOperation } from './kube-api.ts'

/** The API server refuses longer patches. */
export const maxJsonPatchOperations = 10_000

/** Characters that all copies of one patch may add: a few copies of copies would fill any memory. */
const maxCopied = 3 * 1024 * 1024

export interface JsonPatchOptions {
  /** `replace` of a field that is not there adds it, as on the API server; the standard calls it an error. */
  readonly replaceAdds?: boolean
}

/**
 * The document after all operations, in order. Throws TooLarge for too many operations, BadRequest for a malformed
 * one, Invalid for one that cannot be applied (a failed `test`, a path that is not there).
 */
export function applyJsonPatch(
  document: unknown,
  operations: readonly JsonPatchOperation[],
  options: JsonPatchOptions = {},
): unknown {
  if (!Array.isArray(operations)) throw malformed('json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  if (operations.length > maxJsonPatchOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${operations.length}`
    throw new FlotillaError('TooLarge', message)
  }
  let copied = 0
  const copy = (value: unknown) => {
    copied += JSON.stringify(value).length
    if (copied <= maxCopied) return value
    const limit = `the accumulated size increase of copy is ${copied}, exceeding the limit ${maxCopied}`
    throw impossible(`Unable to complete the copy, ${limit}`)
  }
  return operations.reduce<unknown>((after, operation) => applyOperation(after, operation, copy, options), document)
}

function applyOperation(
  document: unknown,
  operation: JsonPatchOperation,
  copy: (value: unknown) => unknown,
  { replaceAdds = false }: JsonPatchOptions,
): unknown {
  if (!isObject(operation)) throw malformed('a JSON patch operation must be an object')
  const { op } = operation
  if (typeof operation.path !== 'string') throw impossible(`${op} operation failed to decode path: missing value`)
  switch (op) {
    case 'add':
      return addAt(document, operation.path, op, valueOf(operation))
    case 'remove':
      return removeAt(document, operation.path, op)
    case 'replace':
      return replaceAt(document, operation.path, valueOf(operation), replaceAdds)
    case 'test':
      return testAt(document, operation.path, operation.value)
    case 'move': {
      const value = readAt(document, fromOf(operation), 'move', 'from path')
      const rest = removeAt(document, operation.from, 'move')
      return addAt(rest, operation.path, 'move', value)
    }
    case 'copy':
      return addAt(document, operation.path, 'copy', copy(readAt(document, fromOf(operation), 'copy', 'from path')))
    default:
      throw impossible(`Unexpected kind: ${String(op)}`)
  }
}

function valueOf(operation: { readonly op: string; readonly value: unknown }): unknown {
  if (operation.value === undefined) throw impossible(`${operation.op} operation, missing value field: missing value`)
  return operation.value
}

function fromOf(operation: { readonly op: string; readonly from: string }): string {
  if (typeof operation.from === 'string') return operation.from
  throw impossible(`${operation.op} operation failed to decode from: missing value`)
}

/** A path's steps; '' is the whole document. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return []
  const [, ...steps] = pointer.split('/')
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Changes the container that holds the last step of `pointer`, and every container on the way to it. */
function changeAt(
  document: unknown,
  steps: readonly string[],
  missing: () => FlotillaError,
  change: (container: object, key: string) => unknown,
): unknown {
  const [step = '', ...rest] = steps
  if (typeof document !== 'object' || document === null) throw missing()
  if (rest.length === 0) return change(document, step)
  const child = childOf(document, step)
  if (child === undefined) throw missing()
  const after = changeAt(child, rest, missing, change)
  if (after === child) return document
  return Array.isArray(document) ? document.with(Number(step), after) : { ...document, [step]: after }
}

function childOf(container: object, step: string): unknown {
  if (Array.isArray(container)) return /^\d+$/.test(step) ? container[Number(step)] : undefined
  return isObject(container) ? ownField(container, step) : undefined
}

function stepsOf(pointer: string, missing: () => FlotillaError): readonly string[] {
  if (pointer !== '' && !pointer.startsWith('/')) throw missing()
  return parsePointer(pointer)
}

function missingPath(op: string, what: string, pointer: string): () => FlotillaError {
  return () => impossible(`${op} operation does not apply: doc is missing ${what}: ${pointer}: missing value`)
}

function addAt(document: unknown, pointer: string, op: string, value: unknown): unknown {
  if (pointer === '') return value
  const shown = op === 'add' ? `"${pointer}"` : pointer
  const missing = missingPath(op, op === 'add' ? 'path' : 'destination path', shown)
  return changeAt(document, stepsOf(pointer, missing), missing, (container, key) => {
    if (!Array.isArray(container)) return { ...container, [key]: value }
    const index = key === '-' ? container.length : indexOf(key, `error in ${op} for path: '${pointer}'`)
    if (index > container.length) throw badIndex(`error in ${op} for path: '${pointer}'`, index)
    return container.toSpliced(index, 0, value)
  })
}

function removeAt(document: unknown, pointer: string, op: string): unknown {
  const missing = missingPath(op, op === 'remove' ? 'path' : 'from path', op === 'remove' ? `"${pointer}"` : pointer)
  const context = `error in ${op} for path: '${pointer}'`
  return changeAt(document, stepsOf(pointer, missing), missing, (container, key) => {
    if (Array.isArray(container)) return container.toSpliced(existingIndex(container, key, context), 1)
    if (Object.hasOwn(container, key)) return isObject(container) ? without(container, key) : container
    throw impossible(`${context}: Unable to remove nonexistent key: ${key}: missing value`)
  })
}

function replaceAt(document: unknown, pointer: string, value: unknown, isAdding: boolean): unknown {
  if (pointer === '') {
    if (typeof value === 'object' && value !== null) return value
    throw impossible('replace operation value must be object or array')
  }
  const missing = missingPath('replace', 'path', pointer)
  return changeAt(document, stepsOf(pointer, missing), missing, (container, key) => {
    const noKey = missingPath('replace', 'key', pointer)
    if (Array.isArray(container)) {
      if (!/^\d+$/.test(key) || Number(key) >= container.length) throw noKey()
      return container.with(Number(key), value)
    }
    if (!isAdding && !Object.hasOwn(container, key)) throw noKey()
    return { ...container, [key]: value }
  })
}

function testAt(document: unknown, pointer: string, value: unknown): unknown {
  const found = pointer === '' ? document : readForTest(document, pointer)
  if (deepEqual(found ?? null, value ?? null)) return document
  throw impossible(`testing value ${pointer} failed: test failed`)
}

/** A missing field reads as null; a missing way to it is an error. */
function readForTest(document: unknown, pointer: string): unknown {
  const missing = () => impossible(`test operation does not apply: is missing path: ${pointer}: missing value`)
  const steps = stepsOf(pointer, missing)
  const container = steps.slice(0, -1).reduce<unknown>((at, step) => {
    return typeof at === 'object' && at !== null ? childOf(at, step) : undefined
  }, document)
  if (typeof container !== 'object' || container === null) throw missing()
  const key = steps.at(-1) ?? ''
  if (!Array.isArray(container)) return childOf(container, key)
  return container[existingIndex(container, key, `error in test for path: '${pointer}'`)]
}

function readAt(document: unknown, pointer: string, op: string, what: string): unknown {
  const missing = missingPath(op, what, pointer)
  const found = stepsOf(pointer, missing).reduce<unknown>((at, step) => {
    return typeof at === 'object' && at !== null ? childOf(at, step) : undefined
  }, document)
  if (found === undefined) throw missing()
  return found
}

function existingIndex(list: readonly unknown[], key: string, context: string): number {
  const index = indexOf(key, context)
  if (index >= list.length) throw badIndex(context, index)
  return index
}

/** No `-1` and no leading zeros by RFC 6901; upstream's negative indices are left out. */
function indexOf(key: string, context: string): number {
  if (/^(0|[1-9]\d{0,8})$/.test(key)) return Number(key)
  throw impossible(`${context}: value was not a proper array index: '${key}'`)
}

function badIndex(context: string, index: number): FlotillaError {
  return impossible(`${context}: Unable to access invalid index: ${index}: invalid index referenced`)
}

function impossible(message: string): FlotillaError {
  return new FlotillaError('Invalid', message)
}

function malformed(message: string): FlotillaError {
  return new FlotillaError('BadRequest', message)
}
