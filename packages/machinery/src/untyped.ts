// Reads values whose shape nobody promised: a missing or mistyped field is simply empty.

export type Dict = Readonly<Record<string, unknown>>

/** `value` when it is an object, else an empty one. */
export function asDict(value: unknown): Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Dict) : {}
}

/** The items of `value` as objects; nothing when it is no list. */
export function asDicts(value: unknown): readonly Dict[] {
  return Array.isArray(value) ? value.map(asDict) : []
}

/** What stands at `path` below `value`, or undefined. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, step) => asDict(found)[step], value)
}

/** The object at `path` below `value`, or an empty one. */
export function dictAt(value: unknown, ...path: readonly string[]): Dict {
  return asDict(valueAt(value, ...path))
}

/** The text at `path` below `value`, or an empty one. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : ''
}
