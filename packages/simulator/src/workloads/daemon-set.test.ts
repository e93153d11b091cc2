import { daemonSets, nodes } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aDaemonSet, type Scenario } from '../../test/scenario.ts'
import type { DaemonSet } from '../kinds.ts'

const homes = async (scenario: Scenario) =>
  (await scenario.listPods()).map(({ spec }) => spec.nodeName ?? '').toSorted()
const tainted = { name: 'special', taints: [{ key: 'only', value: 'gpu', effect: 'NoSchedule' as const }] }

describe('createDaemonSetController()', () => {
  test('runs one pod on every node that takes it', async () => {
    await using scenario = await aCluster({ nodes: [{ name: 'n1' }, { name: 'n2' }, tainted] })
    await scenario.create(daemonSets, aDaemonSet('agent'))
    await scenario.env.advance(5000)
    expect(await homes(scenario)).toEqual(['n1', 'n2'])
    expect((await scenario.get<DaemonSet>(daemonSets, 'agent'))?.status).toMatchObject({
      observedGeneration: 1,
      currentNumberScheduled: 2,
      desiredNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      numberMisscheduled: 0,
    })
    expect(scenario.complaints()).toEqual([])
  })

  test('goes where it tolerates, and only where it selects', async () => {
    await using scenario = await aCluster({ nodes: [{ name: 'n1' }, { name: 'n2', labels: { disk: 'ssd' } }, tainted] })
    await scenario.create(daemonSets, aDaemonSet('everywhere', { pod: { tolerations: [{ operator: 'Exists' }] } }))
    await scenario.create(daemonSets, aDaemonSet('fast', { pod: { nodeSelector: { disk: 'ssd' } } }))
    await scenario.env.advance(5000)
    expect(await homes(scenario)).toEqual(['n1', 'n2', 'n2', 'special'])
  })

  test('follows nodes as they come and change', async () => {
    await using scenario = await aCluster({ nodes: 1 })
    await scenario.create(daemonSets, aDaemonSet('agent'))
    await scenario.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'late' } })
    await scenario.env.advance(5000)
    expect(await homes(scenario)).toEqual(['eu-1-node-1'])
    const change = (patch: Readonly<Record<string, unknown>>, subresource = '') =>
      scenario.act(scenario.api.patch(nodes, { name: 'late' }, { type: 'merge', patch }, { subresource }))
    await change({ status: { conditions: [{ type: 'Ready', status: 'True' }] } }, 'status')
    await scenario.env.advance(5000)
    expect(await homes(scenario)).toEqual(['eu-1-node-1', 'late'])
    await change({ spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } })
    await scenario.env.advance(60_000)
    expect(await homes(scenario), 'no reason to go').toEqual(['eu-1-node-1', 'late'])
    await change({ spec: { taints: [{ key: 'x', effect: 'NoExecute' }] } })
    await scenario.env.advance(60_000)
    expect(await homes(scenario)).toEqual(['eu-1-node-1'])
  })

  test('renews its pods one node at a time', async () => {
    await using scenario = await aCluster({ nodes: 3 })
    await scenario.create(daemonSets, aDaemonSet('agent'))
    await scenario.env.advance(5000)
    await scenario.patch(daemonSets, 'agent', {
      spec: { template: aDaemonSet('agent', { image: 'two' }).spec.template },
    })
    await scenario.env.advance(1000)
    expect(await scenario.readyPods()).toBe(2)
    await scenario.env.advance(60_000)
    expect((await scenario.listPods()).map((pod) => pod.spec.containers[0]?.image)).toEqual(['two', 'two', 'two'])
    expect(await homes(scenario)).toHaveLength(3)
    expect((await scenario.get<DaemonSet>(daemonSets, 'agent'))?.status).toMatchObject({
      updatedNumberScheduled: 3,
      numberReady: 3,
    })
  })
})
