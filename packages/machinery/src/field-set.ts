// A set of field paths: which fields of an object somebody owns. A trie of steps that shares unchanged branches.
import { fieldStep, parseStep, sortSteps, type FieldStep } from './field-step.ts'
import type { FieldsV1 } from './object.ts'

/** Immutable. Every node is a member or leads to one. */
export type FieldSet = ReadonlyMap<FieldStep, FieldNode>

export interface FieldNode {
  /** The path that ends here is in the set. */
  readonly member: boolean
  /** Longer paths, without the steps that led here. */
  readonly children: FieldSet
}

export type FieldPath = readonly FieldStep[]

export const emptyFieldSet: FieldSet = new Map()
export const leafNode: FieldNode = { member: true, children: emptyFieldSet }

/** The set that a managedFields entry holds. Throws SyntaxError for a step that is none. */
export function parseFieldSet(fields: FieldsV1): FieldSet {
  const set = new Map<FieldStep, FieldNode>()
  for (const wire of Object.keys(fields)) {
    const step = wire === '.' ? undefined : parseStep(wire)
    if (step !== undefined) set.set(step, parseNode(fields[wire] ?? {}))
  }
  return set.size === 0 ? emptyFieldSet : set
}

function parseNode(fields: FieldsV1): FieldNode {
  const children = parseFieldSet(fields)
  if (children.size === 0) return leafNode
  return { member: Object.hasOwn(fields, '.'), children }
}

/** The inverse of `parseFieldSet`, in the wire's order. */
export function encodeFieldSet(set: FieldSet): FieldsV1 {
  return encodeInto({}, set)
}

function encodeInto(target: Record<string, FieldsV1>, set: FieldSet): FieldsV1 {
  for (const step of sortSteps(set.keys())) target[step] = encodeNode(set.get(step) ?? leafNode)
  return target
}

/** Most of what a wire form is made of: one for all of them. */
const leafFields: FieldsV1 = Object.freeze({})

function encodeNode({ member, children }: FieldNode): FieldsV1 {
  if (children.size === 0) return leafFields
  return encodeInto(member ? { '.': leafFields } : {}, children)
}

/** The set of `paths`; the empty path is never a member. */
export function fieldSetOfPaths(paths: Iterable<FieldPath>): FieldSet {
  let set = emptyFieldSet
  for (const path of paths) set = union(set, singleton(path))
  return set
}

/** The set of dotted field names, for lists of fields in code: `['status', 'metadata.labels']`. */
export function fieldSetOfNames(names: readonly string[]): FieldSet {
  return fieldSetOfPaths(names.map((name) => name.split('.').map(fieldStep)))
}

function singleton(path: FieldPath): FieldSet {
  return path.reduceRight<FieldSet>(
    (children, step) => new Map([[step, children.size === 0 ? leafNode : { member: false, children }]]),
    emptyFieldSet,
  )
}

export function isEmpty(set: FieldSet): boolean {
  return set.size === 0
}

export function has(set: FieldSet, path: FieldPath): boolean {
  let node: FieldNode | undefined
  let children: FieldSet | undefined = set
  for (const step of path) {
    node = children?.get(step)
    children = node?.children
  }
  return node?.member === true
}

/** Paths of the set, members before what lies below them, each level in the wire's order. */
export function* pathsOf(set: FieldSet, prefix: FieldPath = []): Generator<FieldPath> {
  const steps = sortSteps(set.keys())
  for (const step of steps) if (set.get(step)?.member) yield [...prefix, step]
  for (const step of steps) yield* pathsOf(set.get(step)?.children ?? emptyFieldSet, [...prefix, step])
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || b.size === 0) return a
  if (a.size === 0) return b
  let result: Map<FieldStep, FieldNode> | undefined
  for (const [step, right] of b) {
    const left = a.get(step)
    const node = left === undefined ? right : uniteNodes(left, right)
    if (node !== left) (result ??= new Map(a)).set(step, node)
  }
  return result ?? a
}

function uniteNodes(left: FieldNode, right: FieldNode): FieldNode {
  const children = union(left.children, right.children)
  const member = left.member || right.member
  return children === left.children && member === left.member ? left : { member, children }
}

/** Paths of `a` that are not in `b`: `x` minus `x.y` is `x`, and `x.y` minus `x` is `x.y`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return emptyFieldSet
  return withoutNodes(a, b, (left, right) => [
    left.member && !right.member,
    right.children.size === 0 ? left.children : difference(left.children, right.children),
  ])
}

/** Paths of `a` that neither are in `b` nor lie below a member of it. */
export function withoutBranches(a: FieldSet, b: FieldSet): FieldSet {
  return withoutNodes(a, b, (left, right) =>
    right.member ? [false, emptyFieldSet] : [left.member, withoutBranches(left.children, right.children)],
  )
}

function withoutNodes(
  a: FieldSet,
  b: FieldSet,
  subtract: (left: FieldNode, right: FieldNode) => readonly [member: boolean, children: FieldSet],
): FieldSet {
  if (a.size === 0 || b.size === 0) return a
  let result: Map<FieldStep, FieldNode> | undefined
  for (const [step, left] of a) {
    const right = b.get(step)
    if (right === undefined) continue
    const [member, children] = subtract(left, right)
    if (member === left.member && children === left.children) continue
    result ??= new Map(a)
    if (member || children.size > 0) result.set(step, { member, children })
    else result.delete(step)
  }
  return result ?? a
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  const result = new Map<FieldStep, FieldNode>()
  for (const [step, left] of a) {
    const right = b.get(step)
    if (right === undefined) continue
    const member = left.member && right.member
    const children = intersection(left.children, right.children)
    if (member || children.size > 0) result.set(step, { member, children })
  }
  return result.size === 0 ? emptyFieldSet : result
}

/** Members below which there is no other member. */
export function leaves(set: FieldSet): FieldSet {
  const result = new Map<FieldStep, FieldNode>()
  for (const [step, node] of set) {
    result.set(step, node.children.size === 0 ? leafNode : { member: false, children: leaves(node.children) })
  }
  return result
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [step, left] of a) {
    const right = b.get(step)
    if (right === undefined || right.member !== left.member || !equalSets(left.children, right.children)) return false
  }
  return true
}
