import { nodes, pods } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aPod } from '../../test/scenario.ts'
import type { Node, Pod, PodSpec } from '../kinds.ts'
import { events } from '../resources.ts'

const gpu = { key: 'only', value: 'gpu', effect: 'NoSchedule' as const }
const affinity = (operator: string, values: readonly string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'size', operator, values }] }],
      },
    },
  },
})

const places: readonly { name: string; given: Parameters<typeof aPod>[1]; want: string | undefined }[] = [
  { name: 'the emptiest node', given: {}, want: 'big' },
  { name: 'no node with too little', given: { cpu: '9' }, want: undefined },
  { name: 'the node that its selector names', given: { pod: { nodeSelector: { size: '1' } } }, want: 'small' },
  {
    name: 'a tainted node that it tolerates',
    given: { pod: { nodeSelector: { size: '3' }, tolerations: [{ key: 'only', operator: 'Exists' }] } },
    want: 'gpu',
  },
  {
    name: 'no tainted node that it does not tolerate',
    given: { pod: { nodeSelector: { size: '3' } } },
    want: undefined,
  },
  { name: 'a node of its affinity', given: { pod: affinity('In', ['1']) }, want: 'small' },
  { name: 'a node above a number', given: { pod: affinity('Gt', ['1']) }, want: 'big' },
  { name: 'no node for another scheduler', given: { pod: { schedulerName: 'other' } }, want: undefined },
]

const someNodes = [
  { name: 'small', cpu: '1', labels: { size: '1' } },
  { name: 'big', cpu: '8', labels: { size: '2' } },
  { name: 'gpu', cpu: '8', labels: { size: '3' }, taints: [gpu] },
]

describe('createPodScheduling()', () => {
  for (const { name, given, want } of places) {
    test(`gives a pod ${name}`, async () => {
      await using scenario = await aCluster({ nodes: someNodes })
      await scenario.create(pods, aPod('one', given))
      expect((await scenario.get<Pod>(pods, 'one'))?.spec.nodeName).toBe(want)
    })
  }

  test('says why a pod fits nowhere, once, in its condition and an event', async () => {
    await using scenario = await aCluster({ nodes: someNodes })
    await scenario.create(pods, aPod('huge', { cpu: '9' }))
    await scenario.env.advance(600_000)
    const message = '0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.'
    const huge = await scenario.get<Pod>(pods, 'huge')
    expect(huge?.status?.phase).toBe('Pending')
    expect(huge?.status?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
    ])
    const told = (await scenario.api.list(events)).items
    expect(told).toMatchObject([
      { reason: 'FailedScheduling', type: 'Warning', message, involvedObject: { name: 'huge' } },
    ])
  })

  test('never gives away more than a node has, and places what waits when room is made', async () => {
    await using scenario = await aCluster({
      nodes: [
        { name: 'n1', cpu: '1' },
        { name: 'n2', cpu: '1' },
      ],
    })
    await scenario.act(
      Promise.all(Array.from({ length: 7 }, (_, i) => scenario.api.create(pods, aPod(`p${i}`, { cpu: '300m' })))),
    )
    const placed = async () => (await scenario.listPods()).filter(({ spec }) => spec.nodeName)
    expect(await placed()).toHaveLength(6)
    for (const node of ['n1', 'n2'])
      expect((await placed()).filter(({ spec }) => spec.nodeName === node)).toHaveLength(3)
    const [first] = await placed()
    await scenario.remove(pods, first!.metadata.name)
    await scenario.env.advance(5000)
    expect(await placed()).toHaveLength(6)
    expect(await scenario.listPods()).toHaveLength(6)
  })

  test('places what waits when a node comes and is ready', async () => {
    await using scenario = await aCluster({ nodes: 0 })
    await scenario.create(pods, aPod('one'))
    expect((await scenario.get<Pod>(pods, 'one'))?.status?.conditions?.[0]?.message).toBe(
      'no nodes available to schedule pods',
    )
    const allocatable = { cpu: '1', memory: '1Gi', pods: '10' }
    await scenario.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'late' } } as Node)
    const report = async (status: object) => {
      const patch = { type: 'merge', patch: { status } } as const
      await scenario.act(scenario.api.patch(nodes, { name: 'late' }, patch, { subresource: 'status' }))
      await scenario.env.advance(1000)
    }
    await report({ allocatable, capacity: allocatable })
    expect((await scenario.get<Pod>(pods, 'one'))?.status?.conditions?.[0]?.message).toBe(
      '0/1 nodes are available: 1 node(s) had untolerated taint(s).',
    )
    await report({ conditions: [{ type: 'Ready', status: 'True' }] })
    expect((await scenario.get<Pod>(pods, 'one'))?.spec.nodeName).toBe('late')
  })
})
