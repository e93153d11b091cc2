// Which fields differ between two values of a type: added, modified, removed.
import { emptyFieldSet, type FieldSet } from './field-set.ts'
import type { FieldStep } from './field-step.ts'
import { typeOfKind, type FieldType, type ListType, type MapType } from './field-type.ts'
import { deepEqual } from './json.ts'
import type { JsonObject } from './json-value.ts'
import type { KindSchema } from './schema.ts'
import { asList, asMap, fieldOf, isVoid, itemStep, shapeOf, type Shape } from './typed-value.ts'

export interface FieldChanges {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

/** The fields in which `after` differs from `before`. Throws BadRequest for list items without a key. */
export function compareFields(before: JsonObject, after: JsonObject, schema: KindSchema): FieldChanges {
  const changes = new ChangeRecorder()
  compareValues(before, after, typeOfKind(schema), undefined, changes)
  return changes
}

/** A path as a chain from its last step upwards, so that walking down allocates one link a field. */
interface Trail {
  readonly up: Trail | undefined
  readonly step: FieldStep
}

interface OpenNode {
  member: boolean
  children: Map<FieldStep, OpenNode>
}

class ChangeRecorder implements FieldChanges {
  #added: OpenNode | undefined
  #modified: OpenNode | undefined
  #removed: OpenNode | undefined

  get added(): FieldSet {
    return this.#added?.children ?? emptyFieldSet
  }
  get modified(): FieldSet {
    return this.#modified?.children ?? emptyFieldSet
  }
  get removed(): FieldSet {
    return this.#removed?.children ?? emptyFieldSet
  }

  addition(at: Trail | undefined): void {
    record((this.#added ??= openNode()), at)
  }
  change(at: Trail | undefined): void {
    record((this.#modified ??= openNode()), at)
  }
  removal(at: Trail | undefined): void {
    record((this.#removed ??= openNode()), at)
  }
}

function openNode(): OpenNode {
  return { member: false, children: new Map() }
}

/** Nobody owns the object as a whole: the empty path is not recorded. */
function record(root: OpenNode, at: Trail | undefined): void {
  if (at !== undefined) nodeAt(root, at).member = true
}

function nodeAt(root: OpenNode, at: Trail | undefined): OpenNode {
  if (at === undefined) return root
  const parent = nodeAt(root, at.up)
  let node = parent.children.get(at.step)
  if (node === undefined) parent.children.set(at.step, (node = openNode()))
  return node
}

/** One of `before` and `after` may be undefined: absent. */
function compareValues(
  before: unknown,
  after: unknown,
  type: FieldType,
  at: Trail | undefined,
  changes: ChangeRecorder,
): void {
  if (before === after) return
  const shape = shapeOf(type, after === undefined ? before : after)
  const otherShape = before === undefined || after === undefined ? shape : shapeOf(type, before)
  if (otherShape !== shape) compareAs(otherShape, before, after, type, at, changes)
  const isLeaf = compareAs(shape, before, after, type, at, changes)
  if (isLeaf) return
  if (before === undefined) changes.addition(at)
  else if (after === undefined) changes.removal(at)
}

/** True when the value was compared whole. */
function compareAs(
  shape: Shape,
  before: unknown,
  after: unknown,
  type: FieldType,
  at: Trail | undefined,
  changes: ChangeRecorder,
): boolean {
  if (shape === 'map' && type.map !== undefined && !type.map.atomic) {
    const maps = [asMap(before), asMap(after)] as const
    if (!maps.every(isVoid)) return compareMaps(...maps, type.map, at, changes)
  }
  if (shape === 'list' && type.list !== undefined && !type.list.atomic) {
    const lists = [asList(before), asList(after)] as const
    if (!lists.every(isVoid)) return compareLists(...lists, type.list, at, changes)
  }
  compareLeaves(before, after, at, changes)
  return true
}

function compareLeaves(before: unknown, after: unknown, at: Trail | undefined, changes: ChangeRecorder): void {
  if (before === undefined) changes.addition(at)
  else if (after === undefined) changes.removal(at)
  else if (!deepEqual(before, after)) changes.change(at)
}

function compareMaps(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  type: MapType,
  at: Trail | undefined,
  changes: ChangeRecorder,
): false {
  for (const name in before) {
    const value = after !== undefined && Object.hasOwn(after, name) ? after[name] : undefined
    if (before[name] !== value) compareField(name, before[name], value, type, at, changes)
  }
  for (const name in after) {
    if (before === undefined || !Object.hasOwn(before, name)) {
      compareField(name, undefined, after[name], type, at, changes)
    }
  }
  return false
}

function compareField(
  name: string,
  before: unknown,
  after: unknown,
  map: MapType,
  at: Trail | undefined,
  changes: ChangeRecorder,
): void {
  const { step, type } = fieldOf(map, name)
  compareValues(before, after, type, { up: at, step }, changes)
}

function compareLists(
  before: readonly unknown[] | undefined,
  after: readonly unknown[] | undefined,
  type: ListType,
  at: Trail | undefined,
  changes: ChangeRecorder,
): false {
  const old = itemsByStep(before, type)
  const young = itemsByStep(after, type)
  for (const step of new Set([...old.keys(), ...young.keys()])) {
    compareItems(old.get(step) ?? [], young.get(step) ?? [], type.items(), { up: at, step }, changes)
  }
  return false
}

/** Items of one key; two of them on one side cannot be told apart and are compared whole. */
function compareItems(
  before: readonly unknown[],
  after: readonly unknown[],
  type: FieldType,
  at: Trail,
  changes: ChangeRecorder,
): void {
  if (before.length <= 1 && after.length <= 1) {
    compareValues(before[0], after[0], type, at, changes)
  } else if (before.length >= 2 && after.length >= 2) {
    if (!deepEqual(before, after)) changes.change(at)
  } else if (before.length >= 2) {
    if (after.length > 0) compareValues(undefined, after[0], type, at, changes)
    changes.removal(at)
  } else {
    if (before.length > 0) compareValues(before[0], undefined, type, at, changes)
    changes.addition(at)
  }
}

function itemsByStep(list: readonly unknown[] | undefined, type: ListType): Map<FieldStep, unknown[]> {
  const items = new Map<FieldStep, unknown[]>()
  for (const item of list ?? []) {
    const step = itemStep(type, item)
    const same = items.get(step)
    if (same === undefined) items.set(step, [item])
    else same.push(item)
  }
  return items
}
