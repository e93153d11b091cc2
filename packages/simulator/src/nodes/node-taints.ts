// Keeps pods off nodes that are not ready: the taint that every node is created with goes when the node is ready, and
// comes back when it no longer is.
import { watch, type Controller } from '@flotilla/runtime/controller'
import type { Cached } from '../cached.ts'
import type { Node, Taint } from '../kinds.ts'
import { toOwnKey } from '../owner.ts'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'

export function createNodeTaints({ nodes }: { readonly nodes: Cached<Node> }): Controller {
  return {
    name: 'node-taints',
    watches: [watch(nodes.rows, toOwnKey)],
    async reconcile(name) {
      const node = nodes.rows.get(name)
      if (node === undefined || node.metadata.deletionTimestamp !== undefined) return
      const taints = taintsOf(node)
      const { resourceVersion } = node.metadata
      if (taints !== undefined) await nodes.patch(node, { metadata: { resourceVersion }, spec: { taints } })
    },
  }
}

/** What the node's taints should be by its condition `Ready`; undefined when they are so. */
export function taintsOf({ spec, status }: Node): readonly Taint[] | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status
  const wanted = ready === 'True' ? undefined : ready === 'Unknown' ? unreachable : notReady
  const { taints = [] } = spec ?? {}
  const own = taints.filter(isOwn)
  if (own.length === (wanted === undefined ? 0 : 1) && own.every(({ key }) => key === wanted)) return undefined
  const others = taints.filter((taint) => !isOwn(taint))
  return wanted === undefined ? others : [...others, { key: wanted, effect: 'NoSchedule' }]
}

function isOwn({ key, effect }: Taint): boolean {
  return effect === 'NoSchedule' && (key === notReady || key === unreachable)
}
