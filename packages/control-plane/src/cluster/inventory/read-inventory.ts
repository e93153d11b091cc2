// Reads what a member offers: its nodes, what their pods ask for, the APIs that it serves.
import type { ClusterStatus, ServedApi } from '@flotilla/api/cluster'
import { discover } from '@flotilla/machinery/discovery'
import type { KubeApi, ListPage } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { addQuantity, parseQuantity } from '@flotilla/machinery/quantity'
import type { Quantity } from '@flotilla/machinery/quantity'
import type { Resource } from '@flotilla/machinery/resource'
import { asDict, asDicts, dictAt, valueAt } from '@flotilla/machinery/untyped'
import { nodes as nodeResource, pods as podResource } from '@flotilla/machinery/well-known-resources'
import { podRequest } from '../../pod-request.ts'
import { nodeShapes, sumResources } from './node-shapes.ts'
import type { NodeRow, Requested } from './node-shapes.ts'

const pageSize = 500

type Inventory = Required<Pick<ClusterStatus, 'nodes' | 'resources' | 'nodeShapes' | 'apis'>>

/** What the member behind `api` offers now. @throws what it answers; then nothing is known and the last reading stays. */
export async function readInventory(api: KubeApi, signal: AbortSignal): Promise<Inventory> {
  const rows: NodeRow[] = []
  for await (const node of pagesOf(api, nodeResource, signal)) rows.push(toNodeRow(node))
  const requested = new Map<string, Record<string, Quantity>>()
  for await (const pod of pagesOf(api, podResource, signal)) addPod(requested, pod)
  const requestedOn = (node: string): Requested | undefined => requested.get(node)
  return {
    nodes: { total: rows.length, ready: rows.filter((row) => row.ready).length },
    resources: sumResources(rows, requestedOn),
    nodeShapes: [...nodeShapes(rows, requestedOn)],
    apis: await readApis(api, signal),
  }
}

/** All objects of the kind, read in pages. */
export async function* pagesOf(api: KubeApi, resource: Resource, signal: AbortSignal): AsyncIterable<KubeObject> {
  let next: string | undefined
  do {
    const page: ListPage = await api.list(resource, { limit: pageSize, signal, ...(next ? { continue: next } : {}) })
    yield* page.items
    next = page.continue
  } while (next)
}

export function toNodeRow(node: KubeObject): NodeRow {
  const conditions = asDicts(valueAt(node, 'status', 'conditions'))
  const isReady = conditions.some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True')
  return {
    name: node.metadata.name,
    ready: isReady && valueAt(node, 'spec', 'unschedulable') !== true,
    labels: node.metadata.labels ?? {},
    taints: asDicts(valueAt(node, 'spec', 'taints')).map(({ key, value, effect }) => ({
      key: String(key),
      ...(typeof value === 'string' ? { value } : {}),
      effect: String(effect),
    })),
    allocatable: dictAt(node, 'status', 'allocatable') as Record<string, string>,
  }
}

const one = parseQuantity('1')

/** A finished pod holds no room. */
export function isFinished(pod: KubeObject): boolean {
  const phase = valueAt(pod, 'status', 'phase')
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Adds a pod that holds room on a node. */
export function addPod(requested: Map<string, Record<string, Quantity>>, pod: KubeObject): void {
  const node = valueAt(pod, 'spec', 'nodeName')
  if (typeof node !== 'string' || isFinished(pod)) return
  const sum = requested.get(node) ?? {}
  for (const [name, text] of Object.entries(podRequest(asDict(pod['spec'])))) add(sum, name, parseQuantity(text))
  add(sum, 'pods', one)
  requested.set(node, sum)
}

function add(sum: Record<string, Quantity>, name: string, quantity: Quantity): void {
  const before = sum[name]
  sum[name] = before === undefined ? quantity : addQuantity(before, quantity)
}

async function readApis(api: KubeApi, signal: AbortSignal): Promise<readonly ServedApi[]> {
  const { resources } = await discover(api, { signal })
  const byVersion = new Map<string, ServedApi>()
  for (const { group, version, kind } of resources) {
    const key = `${group}/${version}`
    const before = byVersion.get(key) ?? { group, version, kinds: [] }
    byVersion.set(key, { ...before, kinds: [...new Set([...before.kinds, kind])].sort() })
  }
  return [...byVersion].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, served]) => served)
}
