// JSON Merge Patch (RFC 7386): null removes, objects merge, everything else replaces.
import { deepEqual, isObject, ownField, withFields, type JsonObject } from './json.ts'

/** `target` after the patch; the same reference when the patch changes nothing. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return deepEqual(target, patch) ? target : patch
  const before: JsonObject = isObject(target) ? target : {}
  const changed = new Map<string, unknown>()
  for (const [field, value] of Object.entries(patch)) {
    const had = ownField(before, field)
    const after = value === null ? undefined : applyMergePatch(had, value)
    if (after !== had) changed.set(field, after)
  }
  if (changed.size === 0 && before === target) return target
  return withFields(before, changed)
}

/** The merge patch that turns `before` into `after`; `{}` for equal objects. Lists are replaced whole. */
export function createMergePatch(before: JsonObject, after: JsonObject): JsonObject {
  const removed = Object.keys(before).filter((field) => ownField(after, field) === undefined)
  const changes: [string, unknown][] = removed.map((field) => [field, null])
  for (const [field, value] of Object.entries(after)) {
    const had = ownField(before, field)
    if (value === undefined || deepEqual(had, value)) continue
    changes.push([field, isObject(had) && isObject(value) ? createMergePatch(had, value) : value])
  }
  return Object.fromEntries(changes)
}
