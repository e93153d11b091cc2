import { deployments, pods, replicaSets } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aDeployment, namespace, type Scenario } from '../../test/scenario.ts'
import type { Deployment, Pod, ReplicaSet } from '../kinds.ts'
import { isActive, isReady } from '../pod.ts'

const condition = (deployment: Deployment | undefined, type: string) =>
  deployment?.status?.conditions?.find((one) => one.type === type)

async function setsOf({ api }: Scenario): Promise<readonly ReplicaSet[]> {
  return (await api.list<ReplicaSet>(replicaSets, { namespace })).items
}

/** Watches all pods and keeps the fewest available and the most that existed. */
function watchBounds(scenario: Scenario) {
  const bounds = { fewestReady: Number.POSITIVE_INFINITY, most: 0 }
  const unwatch = scenario.cluster.server.onEveryEvent(({ key }) => {
    if (!key.startsWith('pods/')) return
    const all = scenario.cluster.server.store.list({ prefix: 'pods/' }).items.map(({ object }) => object as never)
    bounds.fewestReady = Math.min(bounds.fewestReady, all.filter((pod) => isReady(pod) && isActive(pod)).length)
    bounds.most = Math.max(bounds.most, all.filter(isActive).length)
  })
  return { bounds, unwatch }
}

describe('createDeploymentController()', () => {
  test('makes one ReplicaSet named for its template, and reports it', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3 } }))
    const starting = await scenario.get<Deployment>(deployments, 'web')
    expect(starting?.status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      unavailableReplicas: 3,
    })
    expect(condition(starting, 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' })
    expect(condition(starting, 'Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' })
    await scenario.env.advance(3000)
    const ready = await scenario.get<Deployment>(deployments, 'web')
    expect(ready?.status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3 })
    expect(ready?.status?.unavailableReplicas).toBeUndefined()
    expect(condition(ready, 'Available')?.status).toBe('True')
    expect(condition(ready, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' })
    const [set, ...others] = await setsOf(scenario)
    expect(others).toEqual([])
    const hash = set?.metadata.labels?.['pod-template-hash']
    expect(set?.metadata.name).toBe(`web-${hash}`)
    expect(set?.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash })
    expect(ready?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1')
    expect(scenario.complaints()).toEqual([])
  })

  test('writes nothing more once it is at rest', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3 } }))
    await scenario.env.advance(5000)
    const writes: string[] = []
    scenario.cluster.server.onEveryEvent(({ key }) => void writes.push(key))
    await scenario.env.advance(600_000)
    expect(writes.filter((key) => !key.startsWith('leases.'))).toEqual([])
  })

  const rolls = [
    { name: 'the default strategy', strategy: {}, replicas: 8, most: 10, fewest: 6 },
    {
      name: 'surge only',
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      replicas: 4,
      most: 5,
      fewest: 4,
    },
    {
      name: 'no surge',
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '50%' } },
      replicas: 4,
      most: 4,
      fewest: 2,
    },
    {
      name: 'all at once',
      strategy: { rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
      replicas: 4,
      most: 8,
      fewest: 4,
    },
  ]
  for (const { name, strategy, replicas, most, fewest } of rolls) {
    test(`rolls to a new template within its bounds: ${name}`, async () => {
      await using scenario = await aCluster()
      const stated = { type: 'RollingUpdate' as const, ...strategy }
      await scenario.create(deployments, aDeployment('web', { spec: { replicas, strategy: stated } }))
      await scenario.env.advance(5000)
      const { bounds, unwatch } = watchBounds(scenario)
      const { spec } = aDeployment('web', { image: 'registry.example/web:2' })
      await scenario.patch(deployments, 'web', { spec: { template: spec.template } })
      await scenario.env.advance(60_000)
      unwatch()
      expect(bounds.fewestReady).toBeGreaterThanOrEqual(fewest)
      expect(bounds.most).toBeLessThanOrEqual(most)
      const web = await scenario.get<Deployment>(deployments, 'web')
      expect(web?.status).toMatchObject({
        observedGeneration: 2,
        replicas,
        updatedReplicas: replicas,
        availableReplicas: replicas,
      })
      expect(web?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
      expect((await setsOf(scenario)).map((set) => set.spec.replicas ?? 0).toSorted((a, b) => a - b)).toEqual([
        0,
        replicas,
      ])
      const images = (await scenario.listPods()).map((pod) => pod.spec.containers[0]?.image)
      expect(new Set(images)).toEqual(new Set(['registry.example/web:2']))
      expect(scenario.complaints()).toEqual([])
    })
  }

  test('recreates: no new pod before the last old one is gone', async () => {
    await using scenario = await aCluster({ podStopMs: 1000 })
    const strategy = { type: 'Recreate' as const }
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3, strategy } }))
    await scenario.env.advance(5000)
    let mixed = 0
    scenario.cluster.server.onEveryEvent(({ key }) => {
      if (!key.startsWith('pods/')) return
      const all = scenario.cluster.server.store.list({ prefix: 'pods/' }).items
      const images = all.map(({ object }) => (object as never as Pod).spec.containers[0]?.image)
      if (new Set(images).size > 1) mixed++
    })
    await scenario.patch(deployments, 'web', { spec: { template: aDeployment('web', { image: 'two' }).spec.template } })
    await scenario.env.advance(20_000)
    expect(mixed).toBe(0)
    expect((await scenario.get<Deployment>(deployments, 'web'))?.status).toMatchObject({
      updatedReplicas: 3,
      availableReplicas: 3,
    })
  })

  test('goes back to an old ReplicaSet when its template comes back, as a new revision', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 2 } }))
    await scenario.env.advance(5000)
    for (const image of ['registry.example/web:2', 'registry.example/web:1']) {
      await scenario.patch(deployments, 'web', { spec: { template: aDeployment('web', { image }).spec.template } })
      await scenario.env.advance(20_000)
    }
    expect(await setsOf(scenario)).toHaveLength(2)
    const web = await scenario.get<Deployment>(deployments, 'web')
    expect(web?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
    expect(web?.status?.updatedReplicas).toBe(2)
  })

  test('scales both ways', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 2 } }))
    for (const replicas of [7, 0, 3]) {
      await scenario.patch(deployments, 'web', { spec: { replicas } })
      await scenario.env.advance(10_000)
      expect(await scenario.readyPods('web')).toBe(replicas)
      expect((await scenario.get<Deployment>(deployments, 'web'))?.status?.replicas ?? 0).toBe(replicas)
    }
    expect(scenario.complaints()).toEqual([])
  })

  test('does not roll while paused, but scales', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 2 } }))
    await scenario.env.advance(5000)
    const { template } = aDeployment('web', { image: 'two' }).spec
    await scenario.patch(deployments, 'web', { spec: { paused: true, replicas: 4, template } })
    await scenario.env.advance(10_000)
    expect((await scenario.listPods()).map((pod) => pod.spec.containers[0]?.image)).toEqual(
      Array(4).fill('registry.example/web:1'),
    )
    await scenario.patch(deployments, 'web', { spec: { paused: false } })
    await scenario.env.advance(20_000)
    expect((await scenario.listPods()).map((pod) => pod.spec.containers[0]?.image)).toEqual(Array(4).fill('two'))
  })

  test('waits minReadySeconds before it counts a pod as available', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 1, minReadySeconds: 30 } }))
    await scenario.env.advance(10_000)
    expect((await scenario.get<Deployment>(deployments, 'web'))?.status).toMatchObject({
      readyReplicas: 1,
      unavailableReplicas: 1,
    })
    await scenario.env.advance(30_000)
    expect((await scenario.get<Deployment>(deployments, 'web'))?.status?.availableReplicas).toBe(1)
  })

  test('says that a rollout is stuck after its deadline, and that it goes on again', async () => {
    await using scenario = await aCluster()
    const spec = { replicas: 1, progressDeadlineSeconds: 60 }
    await scenario.create(deployments, aDeployment('web', { image: 'fail', spec }))
    await scenario.env.advance(30_000)
    expect(condition(await scenario.get(deployments, 'web'), 'Progressing')?.reason).toBe('ReplicaSetUpdated')
    await scenario.env.advance(60_000)
    const late = condition(await scenario.get(deployments, 'web'), 'Progressing')
    expect(late).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
    await scenario.patch(deployments, 'web', { spec: { template: aDeployment('web').spec.template } })
    await scenario.env.advance(20_000)
    const done = condition(await scenario.get(deployments, 'web'), 'Progressing')
    expect(done).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' })
  })

  test('keeps as many old ReplicaSets as its history may be long', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 1, revisionHistoryLimit: 2 } }))
    for (let i = 2; i < 7; i++) {
      await scenario.patch(deployments, 'web', {
        spec: { template: aDeployment('web', { image: `v${i}` }).spec.template },
      })
      await scenario.env.advance(20_000)
    }
    expect(await setsOf(scenario)).toHaveLength(3)
  })

  test('replaces pods that somebody deletes', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3 } }))
    await scenario.env.advance(5000)
    const [first] = await scenario.listPods()
    await scenario.remove(pods, first!.metadata.name)
    await scenario.env.advance(5000)
    expect(await scenario.readyPods('web')).toBe(3)
    expect((await scenario.listPods()).map(({ metadata }) => metadata.name)).not.toContain(first!.metadata.name)
  })

  test('takes its pods along when it is deleted', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3 } }))
    await scenario.env.advance(5000)
    await scenario.remove(deployments, 'web')
    await scenario.env.advance(60_000)
    expect(await scenario.listPods()).toEqual([])
    expect(await setsOf(scenario)).toEqual([])
  })

  test('gives the same run for the same seed', async () => {
    const run = async () => {
      await using scenario = await aCluster({ seed: 9 })
      const events: string[] = []
      scenario.cluster.server.onEveryEvent(({ type, key, revision }) => void events.push(`${type} ${key} ${revision}`))
      await scenario.create(deployments, aDeployment('web', { spec: { replicas: 5 } }))
      await scenario.env.advance(5000)
      await scenario.patch(deployments, 'web', {
        spec: { template: aDeployment('web', { image: 'two' }).spec.template },
      })
      await scenario.env.advance(30_000)
      return events
    }
    expect(await run()).toEqual(await run())
  })
})
