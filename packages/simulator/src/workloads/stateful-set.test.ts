import { pods, statefulSets } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aStatefulSet, namespace, type Scenario } from '../../test/scenario.ts'
import type { StatefulSet } from '../kinds.ts'
import { isReady } from '../pod.ts'
import { persistentVolumeClaims } from '../resources.ts'

const names = async (scenario: Scenario) => (await scenario.listPods()).map(({ metadata }) => metadata.name)

describe('createStatefulSetController()', () => {
  test('makes pods with ordinal names, one after the other', async () => {
    await using scenario = await aCluster()
    await scenario.create(statefulSets, aStatefulSet('db', { spec: { replicas: 3 } }))
    expect(await names(scenario)).toEqual(['db-0'])
    await scenario.env.advance(2500)
    expect(await names(scenario)).toEqual(['db-0', 'db-1'])
    await scenario.env.advance(10_000)
    expect(await names(scenario)).toEqual(['db-0', 'db-1', 'db-2'])
    const [first] = await scenario.listPods()
    expect(first?.metadata.labels).toMatchObject({
      'statefulset.kubernetes.io/pod-name': 'db-0',
      'apps.kubernetes.io/pod-index': '0',
    })
    const status = (await scenario.get<StatefulSet>(statefulSets, 'db'))?.status
    expect(status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      updatedReplicas: 3,
    })
    expect(status?.currentRevision).toBe(status?.['updateRevision'])
    expect(scenario.complaints()).toEqual([])
  })

  test('makes them all at once when its policy is Parallel', async () => {
    await using scenario = await aCluster()
    const spec = { replicas: 3, podManagementPolicy: 'Parallel' as const }
    await scenario.create(statefulSets, aStatefulSet('db', { spec }))
    expect(await names(scenario)).toEqual(['db-0', 'db-1', 'db-2'])
  })

  test('shrinks from the highest ordinal', async () => {
    await using scenario = await aCluster()
    await scenario.create(statefulSets, aStatefulSet('db', { spec: { replicas: 3 } }))
    await scenario.env.advance(10_000)
    await scenario.patch(statefulSets, 'db', { spec: { replicas: 1 } })
    await scenario.env.advance(60_000)
    expect(await names(scenario)).toEqual(['db-0'])
  })

  test('renews from the highest ordinal down to its partition, one at a time', async () => {
    await using scenario = await aCluster()
    await scenario.create(statefulSets, aStatefulSet('db', { spec: { replicas: 3 } }))
    await scenario.env.advance(10_000)
    let fewestReady = 3
    scenario.cluster.server.onEveryEvent(({ key }) => {
      if (!key.startsWith('pods/')) return
      const all = scenario.cluster.server.store.list({ prefix: 'pods/' }).items
      fewestReady = Math.min(fewestReady, all.filter(({ object }) => isReady(object as never)).length)
    })
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }
    const { template } = aStatefulSet('db', { image: 'two' }).spec
    await scenario.patch(statefulSets, 'db', { spec: { template, updateStrategy } })
    await scenario.env.advance(60_000)
    const images = (await scenario.listPods()).map((pod) => `${pod.metadata.name} ${pod.spec.containers[0]?.image}`)
    expect(images).toEqual(['db-0 registry.example/web:1', 'db-1 two', 'db-2 two'])
    expect(fewestReady).toBe(2)
    await scenario.patch(statefulSets, 'db', { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
    await scenario.env.advance(60_000)
    const status = (await scenario.get<StatefulSet>(statefulSets, 'db'))?.status
    expect(status).toMatchObject({ updatedReplicas: 3, currentReplicas: 3 })
    expect(status?.currentRevision).toBe(status?.['updateRevision'])
  })

  test('gives a lost pod its name back', async () => {
    await using scenario = await aCluster()
    await scenario.create(statefulSets, aStatefulSet('db', { spec: { replicas: 2 } }))
    await scenario.env.advance(10_000)
    await scenario.remove(pods, 'db-0')
    await scenario.env.advance(60_000)
    expect(await names(scenario)).toEqual(['db-0', 'db-1'])
    expect(await scenario.readyPods()).toBe(2)
  })

  test('makes a claim of each template for each pod, and leaves it when the pod goes', async () => {
    await using scenario = await aCluster()
    const template = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }
    await scenario.create(statefulSets, aStatefulSet('db', { spec: { replicas: 2, volumeClaimTemplates: [template] } }))
    await scenario.env.advance(10_000)
    await scenario.patch(statefulSets, 'db', { spec: { replicas: 1 } })
    await scenario.env.advance(60_000)
    const claims = (await scenario.api.list(persistentVolumeClaims, { namespace })).items
    expect(claims.map(({ metadata }) => metadata.name)).toEqual(['data-db-0', 'data-db-1'])
    expect(claims[0]?.['status']).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } })
  })

  test('gives a pod a new claim when the old one was deleted, which waits for the end of the old pod', async () => {
    await using scenario = await aCluster()
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const template = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec }
    await scenario.create(statefulSets, aStatefulSet('db', { spec: { replicas: 1, volumeClaimTemplates: [template] } }))
    await scenario.env.advance(10_000)
    const old = await scenario.get(persistentVolumeClaims, 'data-db-0')
    await scenario.remove(persistentVolumeClaims, 'data-db-0')
    await scenario.env.advance(60_000)
    const waiting = await scenario.get(persistentVolumeClaims, 'data-db-0')
    expect([waiting?.metadata.uid, waiting?.metadata.deletionTimestamp]).toEqual([
      old?.metadata.uid,
      expect.any(String) as string,
    ])
    await scenario.remove(pods, 'db-0')
    await scenario.env.advance(60_000)
    const renewed = await scenario.get(persistentVolumeClaims, 'data-db-0')
    expect(renewed?.metadata.deletionTimestamp).toBeUndefined()
    expect(renewed?.metadata.uid).not.toBe(old?.metadata.uid)
    expect(await scenario.readyPods()).toBe(1)
  })
})
