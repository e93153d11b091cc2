// Uniqueness in lists that are sets, or maps by some keys of their items.
import type { StatusCause } from './errors.ts'
import { fieldDuplicate } from './field-error.ts'
import { canonicalJson, isObject, ownField } from './json.ts'
import type { Schema } from './schema.ts'

/** One cause for each item that repeats an earlier one. */
export function listTypeErrors(node: Schema, list: readonly unknown[], path: string): readonly StatusCause[] {
  const listType = node['x-kubernetes-list-type']
  if (listType !== 'set' && listType !== 'map') return []
  const keys = node['x-kubernetes-list-map-keys'] ?? []
  const identities = list.map((item) => (listType === 'set' ? item : identityOf(item, keys)))
  const seen = new Set<string>()
  const causes: StatusCause[] = []
  for (const [index, identity] of identities.entries()) {
    const text = canonicalJson(identity)
    if (seen.has(text)) causes.push(fieldDuplicate(`${path}[${index}]`, identity))
    seen.add(text)
  }
  return causes
}

function identityOf(item: unknown, keys: readonly string[]): unknown {
  if (!isObject(item)) return item
  return Object.fromEntries(keys.map((key) => [key, ownField(item, key)]).filter(([, value]) => value !== undefined))
}
