// How a list of named things changes: variables by name, ports by name.
import type { JsonObject } from '@flotilla/machinery/json'

export type Operator = 'add' | 'remove' | 'replace'

/** add: those not there yet, at the end; replace: those that are, in place; remove: those of a name that is given. */
export function mergeNamed(
  items: readonly JsonObject[],
  wanted: readonly JsonObject[],
  operator: Operator,
  isSame: (item: JsonObject, other: JsonObject) => boolean = isSameName,
): readonly JsonObject[] {
  const matchFor = (item: JsonObject) => wanted.find((other) => isSame(item, other))
  if (operator === 'remove') return items.filter((item) => matchFor(item) === undefined)
  if (operator === 'replace') return items.map((item) => matchFor(item) ?? item)
  return [...items, ...wanted.filter((other) => !items.some((item) => isSame(item, other)))]
}

export function isSameName(item: JsonObject, other: JsonObject): boolean {
  return item['name'] !== undefined && item['name'] === other['name']
}
