// Quantities of built-in kinds in the form that Go writes them: `1Gi` for `1024Mi`, `2` for `2000m`.
import { isObject, withFields } from '@flotilla/machinery/json'
import { formatQuantity, parseQuantity } from '@flotilla/machinery/quantity'
import { resolveNode } from '@flotilla/machinery/schema-node'
import type { KindSchema, Schema } from '@flotilla/machinery/schema'

const quantityRef = '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity'

/** `value` with its quantities in canonical form; the same reference when they were. Its types must be right. */
export function canonicalQuantities<T>(kind: KindSchema, value: T): T {
  return inNode(kind, kind.root, value) as T
}

function inNode(kind: KindSchema, schema: Schema, value: unknown): unknown {
  if (isQuantity(schema)) return canonical(value)
  if (typeof value !== 'object' || value === null || !holdsQuantities(kind, schema)) return value
  const node = resolveNode(kind, schema)
  if (Array.isArray(value)) return inList(kind, node.items ?? {}, value)
  return isObject(value) ? inFields(kind, node, value) : value
}

function inList(kind: KindSchema, items: Schema, list: readonly unknown[]): readonly unknown[] {
  const after = list.map((item) => inNode(kind, items, item))
  return after.some((item, index) => item !== list[index]) ? after : list
}

function inFields(kind: KindSchema, node: Schema, value: Readonly<Record<string, unknown>>): object {
  const changes = new Map<string, unknown>()
  const others = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
  for (const field of Object.keys(value)) {
    const schema = node.properties && Object.hasOwn(node.properties, field) ? node.properties[field] : others
    if (schema === undefined) continue
    const after = inNode(kind, schema, value[field])
    if (after !== value[field]) changes.set(field, after)
  }
  return changes.size === 0 ? value : withFields(value, changes)
}

function canonical(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value
  return formatQuantity(parseQuantity(value))
}

function isQuantity(schema: Schema): boolean {
  return schema.$ref === quantityRef || schema.allOf?.[0]?.$ref === quantityRef
}

/** Most parts of most kinds hold none and need no second look. */
const known = new WeakMap<Schema, boolean>()

function holdsQuantities(kind: KindSchema, schema: Schema): boolean {
  const node = resolveNode(kind, schema)
  const found = known.get(node)
  if (found !== undefined) return found
  // Schemas refer to themselves: a way round finds nothing that the first way does not.
  known.set(node, false)
  const children = [...Object.values(node.properties ?? {}), node.items, node.additionalProperties]
  const holds = children.some(
    (child) => typeof child === 'object' && (isQuantity(child) || holdsQuantities(kind, child)),
  )
  known.set(node, holds)
  return holds
}
