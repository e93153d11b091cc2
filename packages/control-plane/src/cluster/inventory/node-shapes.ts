// Folds a member's nodes into at most 64 shapes: how many nodes have about the same room left. Pure.
import type { NodeShape } from '@flotilla/api/cluster'
import { addQuantity, formatQuantity, parseQuantity, quantityToNumber } from '@flotilla/machinery/quantity'
import type { Quantity } from '@flotilla/machinery/quantity'
import { freeOf, type NodeRow, parseAll, type Requested } from '../../members/node-rows.ts'

const maxShapes = 64

/** Steps by which free room is rounded down, 1 for none: the finest that gives few enough shapes is taken. */
const grids = [1, 1.1, 1.25, 1.5, 2, 4, 16]

/** Labels that name a single node tell nothing of a shape. */
const singular = new Set(['kubernetes.io/hostname'])

/**
 * Shapes of the ready nodes. Room is rounded down, never up, so that an estimate made from them can be met.
 * `requestedOn` gives what the pods of a node ask for.
 */
export function nodeShapes(
  nodes: readonly NodeRow[],
  requestedOn: (node: string) => Requested | undefined,
): readonly NodeShape[] {
  const ready = nodes.filter((node) => node.ready)
  const labels = sharedLabels(ready)
  const free = ready.map((node) => ({ node, free: freeOf(node, requestedOn(node.name)) }))
  for (const grid of grids) {
    const shapes = groupBy(free, (each) => shapeOf(each.node, each.free, labels, grid))
    if (shapes.length <= maxShapes) return shapes
  }
  const coarsest = groupBy(free, (each) => shapeOf(each.node, each.free, new Set(), 16))
  return coarsest.sort((a, b) => b.count - a.count).slice(0, maxShapes)
}

/** Sums over nodes: what ready ones offer and what the pods on all of them ask for. */
export function sumResources(
  nodes: readonly NodeRow[],
  requestedOn: (node: string) => Requested | undefined,
): { readonly allocatable: Record<string, string>; readonly requested: Record<string, string> } {
  const allocatable = nodes.filter((node) => node.ready).map((node) => parseAll(node.allocatable))
  const requested = nodes.map((node) => requestedOn(node.name) ?? {})
  return { allocatable: formatAll(sum(allocatable)), requested: formatAll(sum(requested)) }
}

function sum(all: readonly Requested[]): Requested {
  const total: Record<string, Quantity> = {}
  for (const each of all) {
    for (const [name, quantity] of Object.entries(each)) {
      const before = total[name]
      total[name] = before === undefined ? quantity : addQuantity(before, quantity)
    }
  }
  return total
}

/** Label keys that workloads can select groups of nodes by: those that do not differ on every node. */
function sharedLabels(nodes: readonly NodeRow[]): ReadonlySet<string> {
  const values = new Map<string, Set<string>>()
  const counts = new Map<string, number>()
  for (const node of nodes) {
    for (const [key, value] of Object.entries(node.labels)) {
      values.set(key, (values.get(key) ?? new Set()).add(value))
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  const shared = [...values].filter(
    ([key, seen]) => !singular.has(key) && (nodes.length === 1 || seen.size < (counts.get(key) ?? 0)),
  )
  return new Set(shared.map(([key]) => key))
}

type Shape = Omit<NodeShape, 'count'>

function shapeOf(node: NodeRow, free: Requested, labels: ReadonlySet<string>, grid: number): Shape {
  const kept = Object.entries(node.labels).filter(([key]) => labels.has(key))
  const taints = node.taints as NonNullable<NodeShape['taints']>
  return {
    free: Object.fromEntries(sorted(free).map(([name, quantity]) => [name, roundDown(quantity, grid)])),
    ...(kept.length > 0 ? { labels: Object.fromEntries(kept.sort(byFirst)) } : {}),
    ...(taints.length > 0 ? { taints } : {}),
  }
}

/** The largest power of `grid` that fits, except that a quantity below 16 units stays as it is. */
function roundDown(quantity: Quantity, grid: number): string {
  if (grid === 1) return formatQuantity(quantity)
  const value = quantityToNumber(quantity)
  if (value <= 0) return '0'
  if (value < 1) return `${Math.floor(step(value * 1000, grid))}m`
  if (Number.isInteger(value) && value < 16) return String(value)
  return value < 16
    ? `${Math.floor(step(value * 1000, grid))}m`
    : formatQuantity(parseQuantity(String(Math.floor(step(value, grid)))))
}

function step(value: number, grid: number): number {
  return Math.min(value, grid ** Math.floor(Math.log(value) / Math.log(grid) + 1e-9))
}

function groupBy<T>(items: readonly T[], shape: (item: T) => Shape): NodeShape[] {
  const groups = new Map<string, NodeShape>()
  for (const item of items) {
    const found = shape(item)
    const key = JSON.stringify(found)
    groups.set(key, { ...found, count: (groups.get(key)?.count ?? 0) + 1 })
  }
  return [...groups].sort(byFirst).map(([, group]) => group)
}

function formatAll(resources: Requested): Record<string, string> {
  return Object.fromEntries(sorted(resources).map(([name, quantity]) => [name, formatQuantity(quantity)]))
}

function sorted(resources: Requested): [string, Quantity][] {
  return Object.entries(resources).sort(byFirst)
}

function byFirst(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}
