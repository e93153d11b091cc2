// Plain JSON as the rules in this room see it: an unknown value until it is narrowed.

/** A JSON object: its fields are any JSON values. */
export type JsonObject = { readonly [field: string]: unknown }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Sets a field even when it is called `__proto__`, which plain assignment would not. */
export function setField(target: Record<string, unknown>, field: string, value: unknown): void {
  if (field === '__proto__') {
    Object.defineProperty(target, field, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[field] = value
  }
}
