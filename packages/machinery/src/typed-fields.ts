// The field set of a value: every leaf, list item and map key that it mentions.
import { emptyFieldSet, leafNode, type FieldNode, type FieldSet } from './field-set.ts'
import { fieldNameOf, type FieldStep } from './field-step.ts'
import { typeOfKind, type FieldType, type ListType, type MapType } from './field-type.ts'
import { isJsonObject, type JsonObject } from './json-value.ts'
import type { KindSchema } from './schema.ts'
import { asList, asMap, fieldOf, isVoid, itemStep, shapeOf } from './typed-value.ts'

/** Fields that somebody who applies the whole object `value` owns. Throws BadRequest for list items without a key. */
export function fieldSetOf(value: JsonObject, schema: KindSchema): FieldSet {
  return fieldsOf(value, typeOfKind(schema)).children
}

/** `member`: the value is a leaf, so that the path to it is in the set. */
export function fieldsOf(value: unknown, type: FieldType): FieldNode {
  switch (shapeOf(type, value)) {
    case 'map':
      return type.map?.atomic ? leafNode : fieldsOfMap(asMap(value), type.map as MapType)
    case 'list':
      return type.list?.atomic ? leafNode : fieldsOfList(asList(value) ?? [], type.list as ListType)
    default:
      return leafNode
  }
}

const branchless: FieldNode = { member: false, children: emptyFieldSet }

function fieldsOfMap(value: JsonObject | undefined, type: MapType): FieldNode {
  if (value === undefined) return branchless
  const children = new Map<FieldStep, FieldNode>()
  for (const name of Object.keys(value)) {
    const field = fieldOf(type, name)
    addNode(children, field.step, fieldsOf(value[name], field.type), !field.named || isNothing(value[name]))
  }
  return { member: false, children }
}

function fieldsOfList(value: readonly unknown[], type: ListType): FieldNode {
  if (value.length === 0) return branchless
  const items = type.items()
  const children = new Map<FieldStep, FieldNode>()
  for (const item of value) {
    const step = itemStep(type, item)
    // Items of the same key are owned whole, as none of them can be told apart.
    if (children.has(step)) children.set(step, leafNode)
    else addNode(children, step, fieldsOf(item, items), true)
  }
  return { member: false, children }
}

function addNode(children: Map<FieldStep, FieldNode>, step: FieldStep, node: FieldNode, member: boolean): void {
  if (node.member || !member) {
    if (node.member || node.children.size > 0) children.set(step, node)
  } else {
    children.set(step, node.children.size === 0 ? leafNode : { member: true, children: node.children })
  }
}

function isNothing(value: unknown): boolean {
  return value === null || (isJsonObject(value) && isVoid(value))
}

/**
 * `set` with every named field that it passes through. Sets leave such fields out, as a field that holds fields
 * exists when they do; what removes fields has to see them.
 */
export function withNamedFields(set: FieldSet, type: FieldType | undefined): FieldSet {
  const result = new Map<FieldStep, FieldNode>()
  for (const [step, { member, children }] of set) {
    const { below, named } = descend(type, step)
    result.set(step, {
      member: member || (named && children.size > 0),
      children: children.size === 0 ? children : withNamedFields(children, below),
    })
  }
  return result
}

function descend(type: FieldType | undefined, step: FieldStep): { below: FieldType | undefined; named: boolean } {
  const name = fieldNameOf(step)
  if (name === undefined) return { below: step.startsWith('k:') ? type?.list?.items() : undefined, named: false }
  const field = type?.map?.fields.get(name)
  return { below: field?.type() ?? type?.map?.others?.(), named: field !== undefined }
}
