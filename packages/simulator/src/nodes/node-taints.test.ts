import { nodes } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster } from '../../test/scenario.ts'
import type { Node, Taint } from '../kinds.ts'
import { taintsOf } from './node-taints.ts'

const notReady: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }
const other: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }

function aNode(status: 'True' | 'False' | 'Unknown' | undefined, taints?: readonly Taint[]): Node {
  const conditions = status === undefined ? [] : [{ type: 'Ready', status }]
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, status: { conditions } }
  return taints === undefined ? node : { ...node, spec: { taints } }
}

describe('taintsOf()', () => {
  test.each([
    { name: 'leaves a ready node without', given: aNode('True'), want: undefined },
    { name: 'frees a ready node', given: aNode('True', [notReady]), want: [] },
    { name: 'leaves what others set', given: aNode('True', [other, notReady]), want: [other] },
    { name: 'leaves a new node as it is', given: aNode(undefined, [notReady]), want: undefined },
    { name: 'taints a node that is not ready', given: aNode('False', [other]), want: [other, notReady] },
    { name: 'tells unreachable nodes', given: aNode('Unknown', [notReady]), want: [unreachable] },
    { name: 'leaves an unreachable node so', given: aNode('Unknown', [unreachable]), want: undefined },
  ])('$name', ({ given, want }) => {
    expect(taintsOf(given)).toEqual(want)
  })
})

describe('createNodeTaints()', () => {
  test('has the nodes of a new cluster free from the first moment', async () => {
    await using scenario = await aCluster({ nodes: 2 })
    const { items } = await scenario.api.list<Node>(nodes)
    expect(items.map(({ spec }) => spec?.taints)).toEqual([undefined, undefined])
  })

  test('follows the readiness of a node', async () => {
    await using scenario = await aCluster({ nodes: 1 })
    const key = { name: 'eu-1-node-1' }
    for (const [status, want] of [
      ['False', [notReady]],
      ['Unknown', [unreachable]],
      ['True', undefined],
    ] as const) {
      const patch = { status: { conditions: [{ type: 'Ready', status }] } }
      await scenario.act(scenario.api.patch(nodes, key, { type: 'merge', patch }, { subresource: 'status' }))
      expect((await scenario.api.get<Node>(nodes, key)).spec?.taints).toEqual(want)
    }
  })
})
