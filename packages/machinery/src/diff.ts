// What differs between two values, field by field. Items of lists that have names are compared by name.
import { deepEqual, isObject, ownField } from './json.ts'

export interface FieldDifference {
  /** `spec.template.spec.containers[web].image`, `spec.args[2]`. */
  readonly path: string
  /** Absent: the field is new. */
  readonly before?: unknown
  /** Absent: the field is gone. */
  readonly after?: unknown
}

/** Leaves that differ, in the order of `before` and then of what is new; empty for equal values. */
export function diffValues(before: unknown, after: unknown): readonly FieldDifference[] {
  const differences: FieldDifference[] = []
  collect(before, after, '', differences)
  return differences
}

function collect(before: unknown, after: unknown, path: string, into: FieldDifference[]): void {
  if (deepEqual(before, after)) return
  if (isObject(before) && isObject(after)) return collectFields(before, after, path, into)
  if (Array.isArray(before) && Array.isArray(after)) return collectItems(before, after, path, into)
  into.push({ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) })
}

type Fields = { readonly [field: string]: unknown }

function collectFields(before: Fields, after: Fields, path: string, into: FieldDifference[]): void {
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const step = /^[\w-]+$/.test(field)
      ? `${path === '' ? '' : `${path}.`}${field}`
      : `${path}[${JSON.stringify(field)}]`
    collect(ownField(before, field), ownField(after, field), step, into)
  }
}

function collectItems(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  into: FieldDifference[],
): void {
  const old = byName(before)
  const now = byName(after)
  if (old !== undefined && now !== undefined) {
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      collect(old.get(name), now.get(name), `${path}[${name}]`, into)
    }
    if (sameItems(old, now)) into.push({ path, before, after })
    return
  }
  for (let index = 0; index < Math.max(before.length, after.length); index += 1) {
    collect(before[index], after[index], `${path}[${index}]`, into)
  }
}

/** The lists differ though their items do not: their order does. */
function sameItems(old: ReadonlyMap<string, unknown>, now: ReadonlyMap<string, unknown>): boolean {
  return old.size === now.size && [...old].every(([name, item]) => deepEqual(item, now.get(name)))
}

/** undefined unless every item is an object with a name of its own. */
function byName(list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const items = new Map<string, unknown>()
  for (const item of list) {
    const name = isObject(item) ? ownField(item, 'name') : undefined
    if (typeof name !== 'string' || items.has(name)) return undefined
    items.set(name, item)
  }
  return items
}
