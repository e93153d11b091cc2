// What changed between two values, as a JSON merge patch (RFC 7386).

type JsonObject = Readonly<Record<string, unknown>>

/** The patch that turns `before` into `after`; undefined when they are equal. Arrays are replaced whole. */
export function mergePatchOf(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const patch: Record<string, unknown> = {}
  for (const name of Object.keys(before)) {
    if (before[name] !== undefined && after[name] === undefined) patch[name] = null
  }
  for (const [name, value] of Object.entries(after)) {
    const change = value === undefined ? undefined : changeOf(before[name], value)
    if (change !== undefined) patch[name] = change
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}

function changeOf(before: unknown, after: unknown): unknown {
  if (isObject(before) && isObject(after)) return mergePatchOf(before, after)
  return isEqual(before, after) ? undefined : after
}

/** Equality of JSON values, whatever the order of their fields; undefined fields count as absent. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => isEqual(item, b[i]))
  }
  return isObject(a) && isObject(b) && mergePatchOf(a, b) === undefined
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
