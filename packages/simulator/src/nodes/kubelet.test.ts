import { nodes, leases, pods } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aPod } from '../../test/scenario.ts'
import type { Node, Pod } from '../kinds.ts'
import { isReady } from '../pod.ts'
import { failAnnotation, runMsAnnotation } from './kubelet.ts'

describe('createKubelet()', () => {
  test('starts a pod after its delay, with addresses, conditions and container statuses', async () => {
    await using scenario = await aCluster({ podStartMs: 3000 })
    await scenario.create(pods, aPod('one'))
    await scenario.env.advance(2900)
    expect((await scenario.get<Pod>(pods, 'one'))?.status?.phase).toBe('Pending')
    await scenario.env.advance(200)
    const one = await scenario.get<Pod>(pods, 'one')
    expect(one?.status).toMatchObject({
      phase: 'Running',
      podIP: '10.64.0.1',
      podIPs: [{ ip: '10.64.0.1' }],
      startTime: '2026-01-01T00:00:03Z',
    })
    expect(one?.status?.conditions?.filter(({ status }) => status === 'True')).toHaveLength(5)
    expect(one?.status?.containerStatuses).toMatchObject([
      { name: 'main', ready: true, restartCount: 0, state: { running: {} } },
    ])
    const node = await scenario.api.get<Node>(nodes, { name: one?.spec.nodeName ?? '' })
    expect(one?.status?.hostIP).toBe(node.status?.addresses?.[0]?.address)
  })

  test('gives every pod an address of its own', async () => {
    await using scenario = await aCluster()
    await scenario.act(
      Promise.all(Array.from({ length: 300 }, (_, i) => scenario.api.create(pods, aPod(`p${i}`, { cpu: '1m' })))),
    )
    await scenario.env.advance(5000)
    const addresses = (await scenario.listPods()).map(({ status }) => status?.podIP)
    expect(new Set(addresses).size).toBe(300)
    expect(scenario.complaints()).toEqual([])
  }, 60_000)

  const ends = [
    {
      name: 'succeeds after its time',
      restartPolicy: 'Never' as const,
      annotations: { [runMsAnnotation]: '5000' },
      want: 'Succeeded',
    },
    {
      name: 'fails when told to',
      restartPolicy: 'Never' as const,
      annotations: { [failAnnotation]: 'true' },
      want: 'Failed',
    },
    { name: 'fails for the name of its image', restartPolicy: 'Never' as const, image: 'will-fail', want: 'Failed' },
    { name: 'runs on when it is never to end', restartPolicy: 'Always' as const, want: 'Running' },
  ]
  for (const { name, restartPolicy, want, ...given } of ends) {
    test(`a pod ${name}`, async () => {
      await using scenario = await aCluster()
      await scenario.create(pods, aPod('one', { ...given, pod: { restartPolicy } }))
      await scenario.env.advance(10_000)
      const one = await scenario.get<Pod>(pods, 'one')
      expect(one?.status?.phase).toBe(want)
      expect(isReady(one!)).toBe(want === 'Running')
    })
  }

  test('a failing pod that is always to run is never ready, and says so', async () => {
    await using scenario = await aCluster()
    await scenario.create(pods, aPod('one', { image: 'fail' }))
    await scenario.env.advance(10_000)
    const one = await scenario.get<Pod>(pods, 'one')
    expect(isReady(one!)).toBe(false)
    expect(one?.status?.containerStatuses).toMatchObject([
      { restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ])
  })

  test('lets a running pod go gracefully, and a waiting one at once', async () => {
    await using scenario = await aCluster({ podStopMs: 5000 })
    await scenario.create(pods, aPod('running'))
    await scenario.create(pods, aPod('brief', { pod: { terminationGracePeriodSeconds: 1 } }))
    await scenario.env.advance(5000)
    await scenario.create(pods, aPod('waiting'))
    for (const name of ['running', 'brief', 'waiting']) await scenario.remove(pods, name)
    expect((await scenario.listPods()).map(({ metadata }) => metadata.name)).toEqual(['brief', 'running'])
    expect((await scenario.get<Pod>(pods, 'running'))?.metadata.deletionTimestamp).toBeDefined()
    await scenario.env.advance(2000)
    expect((await scenario.listPods()).map(({ metadata }) => metadata.name)).toEqual(['running'])
    await scenario.env.advance(4000)
    expect(await scenario.listPods()).toEqual([])
  })
})

describe('renewLeases()', () => {
  test('keeps a Lease per node fresh', async () => {
    await using scenario = await aCluster({ nodes: 2 })
    await scenario.env.advance(65_000)
    const all = (await scenario.api.list(leases, { namespace: 'kube-node-lease' })).items
    expect(all.map(({ metadata }) => metadata.name)).toEqual(['eu-1-node-1', 'eu-1-node-2'])
    for (const lease of all) expect((lease['spec'] as { renewTime: string }).renewTime).toMatch(/^2026-01-01T00:01:00/)
  })
})
