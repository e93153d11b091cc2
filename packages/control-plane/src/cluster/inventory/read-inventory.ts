// Reads what a member offers: its nodes, what their pods ask for, the APIs that it serves.
import type { ClusterStatus, ServedApi } from '@flotilla/api/cluster'
import { discover } from '@flotilla/machinery/discovery'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Quantity } from '@flotilla/machinery/quantity'
import { nodes as nodeResource, pods as podResource } from '@flotilla/machinery/well-known-resources'
import { addPod, type NodeRow, pagesOf, type Requested, toNodeRow } from '../../members/node-rows.ts'
import { nodeShapes, sumResources } from './node-shapes.ts'

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
