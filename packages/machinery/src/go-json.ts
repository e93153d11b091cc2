// JSON text and values as Go writes them, for texts that are compared with those of a Go server.

/** `value` as JSON with `<`, `>`, `&` and the line separators escaped. */
export function goJson(value: unknown): string {
  return escapeLikeGo(JSON.stringify(value))
}

/** JSON text with what Go escapes escaped: these characters occur in strings only. */
export function escapeLikeGo(json: string): string {
  return unsafe.test(json) ? json.replaceAll(unsafeEach, escapeUnit) : json
}

const unsafe = /[<>&\u2028\u2029]/
const unsafeEach = new RegExp(unsafe, 'g')

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** `value` as Go's `%v` prints decoded JSON: `map[a:1 b:[x y]]`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const fields = value as Readonly<Record<string, unknown>>
  const shown = Object.keys(fields)
    .sort()
    .map((key) => `${key}:${goValue(fields[key])}`)
  return `map[${shown.join(' ')}]`
}
