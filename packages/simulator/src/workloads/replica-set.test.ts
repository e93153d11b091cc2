import { pods, replicaSets } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aDeployment, aPod, namespace } from '../../test/scenario.ts'
import type { ReplicaSet } from '../kinds.ts'

function aReplicaSet(name: string, replicas: number, cpu = '100m'): ReplicaSet {
  const { selector, template } = aDeployment(name, { cpu }).spec
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace },
    spec: { replicas, selector, template },
  }
}

describe('createReplicaSetController()', () => {
  test('keeps as many pods as stated, and reports them', async () => {
    await using scenario = await aCluster()
    await scenario.create(replicaSets, aReplicaSet('web', 3))
    await scenario.env.advance(5000)
    const names = (await scenario.listPods()).map(({ metadata }) => metadata.name)
    expect(names).toHaveLength(3)
    for (const name of names) expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    const web = await scenario.get<ReplicaSet>(replicaSets, 'web')
    expect(web?.status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 })
  })

  test('gives up pods that do not run before those that do', async () => {
    await using scenario = await aCluster({ nodes: [{ name: 'n1', cpu: '1' }] })
    await scenario.create(replicaSets, aReplicaSet('web', 5, '400m'))
    await scenario.env.advance(5000)
    expect(await scenario.readyPods()).toBe(2)
    await scenario.patch(replicaSets, 'web', { spec: { replicas: 3 } })
    await scenario.env.advance(60_000)
    expect([(await scenario.listPods()).length, await scenario.readyPods()]).toEqual([3, 2])
  })

  test('replaces a pod that failed, and leaves pods of others alone', async () => {
    await using scenario = await aCluster()
    await scenario.create(pods, aPod('web'))
    await scenario.create(replicaSets, aReplicaSet('web', 2))
    await scenario.env.advance(5000)
    const [victim] = (await scenario.listPods()).filter(({ metadata }) => metadata.ownerReferences !== undefined)
    const failed = scenario.api.patch(
      pods,
      victim!.metadata,
      { type: 'merge', patch: { status: { phase: 'Failed' } } },
      { subresource: 'status' },
    )
    await scenario.act(failed)
    await scenario.env.advance(5000)
    expect(await scenario.readyPods()).toBe(3)
    expect(await scenario.listPods()).toHaveLength(4)
  })
})
