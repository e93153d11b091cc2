// The directives of strategic merge patches: fields of a patch that begin with `$` and say how the rest is meant.
import { FlotillaError } from './errors.ts'
import { isJsonObject, setField, type JsonObject } from './json-value.ts'

export const patchDirective = '$patch'
export const retainKeysDirective = '$retainKeys'
export const orderPrefix = '$setElementOrder/'
export const deletionPrefix = '$deleteFromPrimitiveList/'

export function isDirective(field: string): boolean {
  return (
    field === patchDirective ||
    field === retainKeysDirective ||
    field.startsWith(orderPrefix) ||
    field.startsWith(deletionPrefix)
  )
}

/** Directives of `patch` with this prefix: name of the list that each is about, and its value. */
export function directivesAbout(patch: JsonObject, prefix: string): [list: string, value: unknown][] {
  return Object.keys(patch)
    .filter((field) => field.startsWith(prefix))
    .map((field) => [field.slice(prefix.length), patch[field]])
}

/**
 * A patch's value where there is nothing to merge it with: without nulls, which delete, and without directives.
 * Undefined for a value that is a directive itself.
 */
export function plainValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainValue).filter((item) => item !== undefined)
  if (!isJsonObject(value)) return value
  return Object.hasOwn(value, patchDirective) ? undefined : plainFields(value)
}

export function plainFields(patch: JsonObject): JsonObject {
  const plain: Record<string, unknown> = {}
  for (const field of Object.keys(patch)) {
    if (isDirective(field) || patch[field] === null) continue
    const value = plainValue(patch[field])
    if (value !== undefined) setField(plain, field, value)
  }
  return plain
}

export function badPatch(why: string): FlotillaError {
  return new FlotillaError('BadRequest', `Cannot apply the strategic merge patch: ${why}`)
}
