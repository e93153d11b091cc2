// Ways to tell from the free room of a cluster's nodes how many replicas fit, as the rows that the scheduler reads.
import { nodeShapes } from '@flotilla/control-plane/cluster/inventory/node-shapes'
import { parseQuantity, type Quantity } from '@flotilla/machinery/quantity'
import type { ShapeRow } from '@flotilla/scheduler/snapshot'

/** Free millicores, MiB and pods of one node. */
export interface NodeRoom {
  cpu: number
  memory: number
  pods: number
}

export type EstimateRule = (nodes: readonly NodeRoom[]) => readonly ShapeRow[]

/** What a member's inventory gives: free room by kind of node, at most 64 kinds. */
export const byNodeShape: EstimateRule = (nodes) => {
  const rows = nodes.map((node, index) => ({
    name: `node-${index}`,
    ready: true,
    labels: {},
    taints: [],
    allocatable: { cpu: `${node.cpu}m`, memory: `${node.memory}Mi`, pods: String(node.pods) },
  }))
  return nodeShapes(rows, () => undefined).map(({ free, count }) => ({
    free: new Map(Object.entries(free).map(([name, text]) => [name, parseQuantity(text)])),
    labels: {},
    taints: [],
    count,
  }))
}

/** Karmada's general estimator: what all nodes have together over the request. */
export const bySummary: EstimateRule = (nodes) => {
  const sum = (of: (node: NodeRoom) => number) => nodes.reduce((total, node) => total + of(node), 0)
  return [aShape({ cpu: sum(({ cpu }) => cpu), memory: sum(({ memory }) => memory), pods: sum(({ pods }) => pods) }, 1)]
}

/** Cores and GiB from which on a node is of a grade: the defaults of Karmada's resource models. */
const grades = [
  [0, 0],
  [1, 4],
  [2, 16],
  [4, 32],
  [8, 64],
  [16, 128],
  [32, 256],
  [64, 512],
  [128, 1024],
] as const

/** Karmada's general estimator with resource models: a node counts as the least that its grade has. */
export const byGrade: EstimateRule = (nodes) => {
  const counts = grades.map(() => 0)
  for (const { cpu, memory } of nodes) {
    const grade = grades.findLastIndex(([cores, gib]) => cpu >= cores * 1_000 && memory >= gib * 1_024)
    counts[grade] = (counts[grade] ?? 0) + 1
  }
  return grades.map(([cores, gib], grade) =>
    aShape({ cpu: cores * 1_000, memory: gib * 1_024, pods: mostPods }, counts[grade] ?? 0),
  )
}

export const mostPods = 110

function aShape({ cpu, memory, pods }: NodeRoom, count: number): ShapeRow {
  const free: readonly (readonly [string, Quantity])[] = [
    ['cpu', parseQuantity(`${cpu}m`)],
    ['memory', parseQuantity(`${memory}Mi`)],
    ['pods', parseQuantity(pods)],
  ]
  return { free: new Map(free), labels: {}, taints: [], count }
}
