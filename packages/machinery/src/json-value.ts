// Plain JSON as the rules in this room see it: an unknown value until it is narrowed.

/** A JSON object: its fields are any JSON values. */
export type JsonObject = { readonly [field: string]: unknown }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
