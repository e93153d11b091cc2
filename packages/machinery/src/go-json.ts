// JSON text as Go writes it, for texts that are compared with those of a Go server.

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
