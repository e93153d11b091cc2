// One step of a field path in its wire form: `f:name`, `k:{"name":"x"}`, `v:"x"` or `i:0`.
// Equal steps are equal strings, so sets compare them without parsing.
import { goJson } from './go-json.ts'
import { isJsonObject, type JsonObject } from './json-value.ts'

/** A step, canonical: keys sorted, values as Go writes JSON. */
export type FieldStep = string

export function fieldStep(name: string): FieldStep {
  return `f:${name}`
}

/** Step to the item of a keyed list; `key` holds the item's key fields in any order. */
export function keyStep(key: JsonObject): FieldStep {
  const names = Object.keys(key)
  if (names.length > 1) names.sort()
  return `k:{${names.map((name) => `${goJson(name)}:${goJson(key[name])}`).join(',')}}`
}

/** Step to an item of a list of primitives that is a set. */
export function valueStep(value: unknown): FieldStep {
  return `v:${goJson(value)}`
}

/** The field's name when the step names a field. */
export function fieldNameOf(step: FieldStep): string | undefined {
  return step.startsWith('f:') ? step.slice(2) : undefined
}

/**
 * The canonical step behind a wire key, undefined for a kind of step from the future.
 * Throws SyntaxError for a step that is none.
 */
export function parseStep(wire: string): FieldStep | undefined {
  if (wire.length < 2 || wire[1] !== ':') throw new SyntaxError(`Cannot read field step ${wire}: it has no colon`)
  switch (wire[0]) {
    case 'f':
      return wire
    case 'v':
      return valueStep(JSON.parse(wire.slice(2)))
    case 'k':
      return keyStep(parseKey(wire))
    case 'i':
      return parseIndex(wire)
    default:
      return undefined
  }
}

/** How errors print a step: `.name`, `[name="x"]`, `[="x"]`, `[0]`. */
export function printStep(step: FieldStep): string {
  const body = step.slice(2)
  switch (step[0]) {
    case 'f':
      return `.${body}`
    case 'k':
      return `[${keyEntries(step)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`
    case 'v':
      return `[=${JSON.stringify(JSON.parse(body))}]`
    default:
      return `[${body}]`
  }
}

/** Steps in the order of the wire. Sibling steps mostly are all fields, or all keys: each key is read once. */
export function sortSteps(steps: Iterable<FieldStep>): FieldStep[] {
  const list = [...steps]
  if (list.length < 2) return list
  if (list.every((step) => step.startsWith('f:'))) return list.sort()
  if (!list.every((step) => step.startsWith('k:'))) return list.sort(compareSteps)
  const keyed = list.map((step) => ({ step, entries: keyEntries(step) }))
  return keyed.sort((a, b) => compareKeys(a.entries, b.entries)).map(({ step }) => step)
}

/** The order of steps on the wire: fields, keys, values, indices, each by its content. */
function compareSteps(a: FieldStep, b: FieldStep): number {
  const kindOfA = a[0] as keyof typeof rank
  if (kindOfA !== b[0]) return rank[kindOfA] - rank[b[0] as keyof typeof rank]
  switch (kindOfA) {
    case 'f':
      return compare(a, b)
    case 'k':
      return compareKeys(keyEntries(a), keyEntries(b))
    case 'v':
      return compareScalars(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)))
    default:
      return Number(a.slice(2)) - Number(b.slice(2))
  }
}

const rank = { f: 0, k: 1, v: 2, i: 3 }

function parseKey(wire: string): JsonObject {
  const key: unknown = JSON.parse(wire.slice(2))
  if (!isJsonObject(key)) throw new SyntaxError(`Cannot read field step ${wire}: a key is an object`)
  return key
}

function parseIndex(wire: string): FieldStep {
  if (!/^i:[+-]?\d+$/.test(wire)) throw new SyntaxError(`Cannot read field step ${wire}: an index is an integer`)
  return `i:${Number(wire.slice(2))}`
}

function keyEntries(step: FieldStep): [string, unknown][] {
  return Object.entries(JSON.parse(step.slice(2)) as object)
}

function compareKeys(a: readonly [string, unknown][], b: readonly [string, unknown][]): number {
  for (const [index, [name, value]] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    const order = compare(name, other[0]) || compareScalars(value, other[1])
    if (order !== 0) return order
  }
  return a.length - b.length
}

const scalarRank: Readonly<Record<string, number>> = { number: 0, string: 1, boolean: 2, object: 3 }

function compareScalars(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) return (scalarRank[typeof a] ?? 4) - (scalarRank[typeof b] ?? 4)
  return compare(a as string, b as string)
}

function compare<T extends string | number | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
