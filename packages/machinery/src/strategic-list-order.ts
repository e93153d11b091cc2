// The order of a list after a strategic merge: the patch's items as it orders them, the others as they were.
import { isJsonObject, type JsonObject } from './json-value.ts'
import { FlotillaError } from './errors.ts'
import { goValue } from './go-json.ts'
import { badPatch, patchDirective } from './patch-directive.ts'

/** What tells items apart: the value of the merge key, or a primitive itself. */
export type ListKey = unknown

/** Key of an item; `mergeKey` is '' for primitives. Throws BadRequest for an object without its merge key. */
export function keyOfItem(item: unknown, mergeKey: string): ListKey {
  if (mergeKey === '') return item
  if (!isJsonObject(item) || !Object.hasOwn(item, mergeKey)) {
    throw new FlotillaError('Unknown', `map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`)
  }
  return item[mergeKey]
}

/**
 * `items`, those of `order` in that order, the others in the order of `original`. An item of the others goes before
 * the first ordered one that was behind it in `original`.
 */
export function arrange(
  items: readonly unknown[],
  order: readonly unknown[],
  original: readonly unknown[],
  mergeKey: string,
): readonly unknown[] {
  const key = (item: unknown) => keyOfItem(item, mergeKey)
  const orderPlaces = placesOf(order, key)
  const originalPlaces = placesOf(original, key)
  const ordered = sortByPlace(
    items.filter((item) => orderPlaces.has(key(item))),
    orderPlaces,
    key,
  )
  const others = sortByPlace(
    items.filter((item) => !orderPlaces.has(key(item))),
    originalPlaces,
    key,
  )
  return interleave(others, ordered, (item) => originalPlaces.get(key(item)))
}

/** Throws BadRequest when the items that a patch sets are not in the order that it states for the list. */
export function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (order.length === 0) return
  const set = patch.filter((item) => !isJsonObject(item) || !Object.hasOwn(item as JsonObject, patchDirective))
  let next = 0
  for (const place of order) {
    if (next < set.length && keyOfItem(set[next], mergeKey) === keyOfItem(place, mergeKey)) next++
  }
  if (next < set.length) {
    throw badPatch(
      `the order in patch list ${JSON.stringify(set)} does not match $setElementOrder ${JSON.stringify(order)}`,
    )
  }
}

type Places = ReadonlyMap<ListKey, number>

function placesOf(list: readonly unknown[], key: (item: unknown) => ListKey): Places {
  const places = new Map<ListKey, number>()
  for (const [index, item] of list.entries()) {
    const k = key(item)
    if (!places.has(k)) places.set(k, index)
  }
  return places
}

function sortByPlace(items: unknown[], places: Places, key: (item: unknown) => ListKey): unknown[] {
  return items.sort((a, b) => (places.get(key(a)) ?? 0) - (places.get(key(b)) ?? 0))
}

function interleave(
  others: readonly unknown[],
  ordered: readonly unknown[],
  placeOf: (item: unknown) => number | undefined,
): unknown[] {
  const result: unknown[] = []
  let next = 0
  for (const item of ordered) {
    const place = placeOf(item)
    while (place !== undefined && next < others.length && (placeOf(others[next]) ?? Infinity) < place) {
      result.push(others[next++])
    }
    result.push(item)
  }
  return [...result, ...others.slice(next)]
}
