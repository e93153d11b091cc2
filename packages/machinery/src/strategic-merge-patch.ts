// Strategic merge patch: Kubernetes' own patch format, which merges lists by key.
import { FlotillaError } from './errors.ts'
import { goValue } from './go-json.ts'
import { isJsonObject, setField, type JsonObject } from './json-value.ts'
import {
  badPatch,
  deletionPrefix,
  directivesAbout,
  isDirective,
  orderPrefix,
  patchDirective,
  plainFields,
  plainValue,
  retainKeysDirective,
} from './patch-directive.ts'
import { patchMetaOf, type PatchMeta } from './patch-meta.ts'
import type { KindSchema } from './schema.ts'
import { arrange, checkOrder, keyOfItem, type ListKey } from './strategic-list-order.ts'

/**
 * `object` after `patch`, which is merged as the schema's patch strategies and the patch's directives say. Throws
 * BadRequest for a patch that breaks the format: an item without its merge key, an unknown `$patch`, keys that
 * `$retainKeys` does not list, an order that the list contradicts.
 */
export function applyStrategicMergePatch(object: JsonObject, patch: JsonObject, schema: KindSchema): JsonObject {
  return mergeMap(object, patch, patchMetaOf(schema))
}

function mergeMap(original: JsonObject, patch: JsonObject, meta: PatchMeta): JsonObject {
  if (Object.hasOwn(patch, patchDirective)) return replaceMap(patch)
  const merged = retainKeys(original, patch)
  for (const [name, value] of directivesAbout(patch, deletionPrefix)) deleteFromList(merged, name, value)
  const ordered = new Map(directivesAbout(patch, orderPrefix))
  for (const [name, order] of ordered) mergeOrdered(merged, name, patch[name], order, meta.field(name))
  for (const name of Object.keys(patch)) {
    if (!isDirective(name) && !ordered.has(name)) mergeField(merged, name, patch[name], meta)
  }
  return merged
}

function replaceMap(patch: JsonObject): JsonObject {
  const directive = patch[patchDirective]
  if (directive === 'delete') return {}
  if (directive === 'replace') return plainFields(patch)
  throw badPatch(`${patchDirective} ${JSON.stringify(directive)} of a map is neither replace nor delete`)
}

/** A copy of `original`, of those fields only that `$retainKeys` lists where the patch has one. */
function retainKeys(original: JsonObject, patch: JsonObject): Record<string, unknown> {
  if (!Object.hasOwn(patch, retainKeysDirective)) return { ...original }
  const keys = patch[retainKeysDirective]
  if (!Array.isArray(keys)) throw badPatch(`${retainKeysDirective} is no list`)
  const retained = new Set<unknown>(keys)
  const stray = Object.keys(patch).find((key) => !isDirective(key) && patch[key] !== null && !retained.has(key))
  if (stray !== undefined) throw badPatch(`${retainKeysDirective} does not list ${stray}, which the patch sets`)
  return Object.fromEntries(Object.entries(original).filter(([key]) => retained.has(key)))
}

function mergeField(merged: Record<string, unknown>, name: string, patch: unknown, meta: PatchMeta): void {
  const original = Object.hasOwn(merged, name) ? merged[name] : undefined
  const value = patch === null ? undefined : mergeValue(original, patch, name, meta)
  if (value === undefined) delete merged[name]
  else setField(merged, name, value)
}

function mergeValue(original: unknown, patch: unknown, name: string, parent: PatchMeta): unknown {
  if (isJsonObject(original) && isJsonObject(patch)) {
    const meta = parent.field(name)
    return meta.replaces ? plainFields(patch) : mergeMap(original, patch, meta)
  }
  if (Array.isArray(original) && Array.isArray(patch)) {
    const meta = parent.field(name)
    return meta.merges ? mergeList(original, patch, meta) : plainValue(patch)
  }
  return plainValue(patch)
}

function deleteFromList(merged: Record<string, unknown>, name: string, deleted: unknown): void {
  if (!Array.isArray(deleted)) throw badPatch(`${deletionPrefix}${name} is no list`)
  const original = Object.hasOwn(merged, name) ? merged[name] : undefined
  if (!Array.isArray(original)) return
  const gone = new Set<unknown>(deleted)
  merged[name] = original.filter((item) => !gone.has(item))
}

/** Merges a list and puts it into the order that `$setElementOrder` states. */
function mergeOrdered(
  merged: Record<string, unknown>,
  name: string,
  patch: unknown,
  order: unknown,
  meta: PatchMeta,
): void {
  const original = listOrNothing(merged[name], name)
  const patchItems = listOrNothing(patch, name)
  if (!Array.isArray(order)) throw badPatch(`${orderPrefix}${name} is no list`)
  checkOrder(patchItems ?? [], order, meta.mergeKey)
  const items = orderedItems(original, patchItems, meta)
  if (items !== undefined) merged[name] = arrange(items, order, original ?? [], meta.mergeKey)
  else delete merged[name]
}

function orderedItems(
  original: readonly unknown[] | undefined,
  patch: readonly unknown[] | undefined,
  meta: PatchMeta,
): readonly unknown[] | undefined {
  if (patch === undefined) return original
  if (original === undefined || !meta.merges) return plainValue(patch) as readonly unknown[]
  return mergeList(original, patch, meta)
}

function listOrNothing(value: unknown, name: string): readonly unknown[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw badPatch(`${name} is no list`)
  return value
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], meta: PatchMeta): readonly unknown[] {
  if (patch.length === 0) return original
  if (![...original, ...patch].some(isJsonObject)) {
    return arrange([...new Set([...original, ...patch])], patch, original, '')
  }
  if (meta.mergeKey === '') throw badPatch('a list of objects is merged of which the merge key is not known')
  return mergeKeyedList(original, patch, meta)
}

function mergeKeyedList(original: readonly unknown[], patch: readonly unknown[], meta: PatchMeta): readonly unknown[] {
  const { kept, changes } = takeDirectives(original, patch, meta.mergeKey)
  const items = [...kept]
  const places = new Map<ListKey, number>()
  for (const [index, item] of items.entries()) {
    const key = keyOfItem(item, meta.mergeKey)
    if (!places.has(key)) places.set(key, index)
  }
  for (const change of changes) {
    const key = keyOfItem(change, meta.mergeKey)
    const place = places.get(key)
    if (place === undefined) places.set(key, items.push(plainFields(change)) - 1)
    else items[place] = mergeMap(items[place] as JsonObject, change, meta.items())
  }
  return arrange(items, changes, kept, meta.mergeKey)
}

/** Carries out items of the patch that are `$patch: delete` or `$patch: replace`; the other items are the changes. */
function takeDirectives(
  original: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
): { kept: readonly unknown[]; changes: readonly JsonObject[] } {
  const changes: JsonObject[] = []
  const deleted = new Set<ListKey>()
  let replaces = false
  for (const item of patch) {
    if (!isJsonObject(item)) throw badPatch(`a list of objects is patched with ${JSON.stringify(item)}`)
    const directive = item[patchDirective]
    if (directive === undefined) changes.push(item)
    else if (directive === 'delete') deleted.add(keyOfItem(item, mergeKey))
    else if (directive === 'replace') replaces = true
    else throw new FlotillaError('Unknown', `unknown patch type: ${String(directive)} in map: ${goValue(item)}`)
  }
  if (replaces) return { kept: changes.map(plainFields), changes: [] }
  const kept = original.filter((item) => deleted.size === 0 || !deleted.has(keyOfItem(item, mergeKey)))
  return { kept, changes }
}
