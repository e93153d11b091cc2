// Field sets written under an older schema: what has become atomic since is owned whole.
import { leafNode, type FieldNode, type FieldSet } from './field-set.ts'
import { fieldNameOf, type FieldStep } from './field-step.ts'
import { deduced, typeOfKind, type FieldType } from './field-type.ts'
import type { KindSchema } from './schema.ts'

/**
 * `set` with the fields below every list or map that is atomic in `schema` replaced by that list or map; the very
 * set where there is none. What has become granular stays owned whole, until it is written.
 */
export function coarsenFields(set: FieldSet, schema: KindSchema): FieldSet {
  return coarsen(set, typeOfKind(schema))
}

function coarsen(set: FieldSet, type: FieldType): FieldSet {
  let result: Map<FieldStep, FieldNode> | undefined
  for (const [step, node] of set) {
    if (node.children.size === 0) continue
    const below = typeBelow(type, step)
    const coarse = below === undefined ? node : coarsenNode(node, below)
    if (coarse !== node) (result ??= new Map(set)).set(step, coarse)
  }
  return result ?? set
}

function coarsenNode(node: FieldNode, type: FieldType): FieldNode {
  if (type.map === undefined ? type.list?.atomic : type.map.atomic) return leafNode
  const children = coarsen(node.children, type)
  return children === node.children ? node : { member: node.member, children }
}

/** None for values of which the schema tells nothing: they were never atomic or granular by it. */
function typeBelow(type: FieldType, step: FieldStep): FieldType | undefined {
  const name = fieldNameOf(step)
  if (name === undefined) return type.map === undefined ? type.list?.items() : undefined
  const below = type.map?.fields.get(name)?.type() ?? type.map?.others?.()
  return below === deduced ? undefined : below
}
