import { FlotillaError } from '@flotilla/machinery/errors'
import { configMaps, deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aDeployment } from '../test/scenario.ts'

/** How a list went, and how many virtual ms it took. */
async function tryList(scenario: Awaited<ReturnType<typeof aCluster>>) {
  const startedAt = scenario.env.clock.now()
  const outcome = scenario.api.list(namespaces).then(
    () => 'ok',
    (error: unknown) => (error as FlotillaError).code,
  )
  return [
    await scenario.env.complete(outcome, { limitMs: 60_000, what: 'an answer' }),
    scenario.env.clock.now() - startedAt,
  ]
}

function follow(scenario: Awaited<ReturnType<typeof aCluster>>) {
  const seen: string[] = []
  const abort = new AbortController()
  const read = async () => {
    try {
      for await (const event of scenario.api.watch(configMaps, { namespace: 'default', signal: abort.signal })) {
        if (event.type !== 'BOOKMARK') seen.push(`${event.type} ${event.object.metadata.name}`)
      }
      seen.push('end')
    } catch (error) {
      seen.push((error as FlotillaError).code)
    }
  }
  void read()
  return { seen, abort }
}

const aConfigMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } })
const admin = { name: 'admin', groups: ['system:masters'] }

describe('Faults', () => {
  test('stop() refuses requests and breaks watches until start()', async () => {
    await using scenario = await aCluster()
    const { seen } = follow(scenario)
    await scenario.env.settle()
    scenario.cluster.faults.stop()
    expect(await tryList(scenario)).toEqual(['Unavailable', 0])
    expect(seen.at(-1)).toBe('Unavailable')
    scenario.cluster.faults.start()
    expect(await tryList(scenario)).toEqual(['ok', 0])
  })

  test('stop() lets nothing happen in the cluster; after start() everything goes on', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3 } }))
    scenario.cluster.faults.stop()
    const before = scenario.cluster.server.store.revision
    await scenario.env.advance(300_000)
    expect(scenario.cluster.server.store.revision).toBe(before)
    scenario.cluster.faults.start()
    await scenario.env.advance(300_000)
    expect(await scenario.readyPods('web')).toBe(3)
  })

  test('cut() leaves requests without an answer, but the cluster runs on', async () => {
    await using scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3 } }))
    scenario.cluster.faults.cut()
    expect(await tryList(scenario)).toEqual(['Timeout', 10_000])
    scenario.cluster.faults.heal()
    expect(await scenario.readyPods('web')).toBe(3)
  })

  test('cut() holds events back, and heal() lets them through', async () => {
    await using scenario = await aCluster()
    const { seen, abort } = follow(scenario)
    await scenario.env.settle()
    seen.length = 0
    scenario.cluster.faults.cut()
    await scenario.act(scenario.cluster.server.apiAs(admin).create(configMaps, aConfigMap('late')))
    await scenario.env.advance(30_000)
    expect(seen).toEqual([])
    scenario.cluster.faults.heal()
    await scenario.env.settle()
    expect(seen).toEqual(['ADDED late'])
    abort.abort()
    await scenario.env.settle()
    expect(seen.at(-1)).toBe('end')
  })

  test('cut() answers a request that was under way when heal() came in time', async () => {
    await using scenario = await aCluster()
    scenario.cluster.faults.cut()
    scenario.env.timers.after(4000, () => scenario.cluster.faults.heal())
    expect(await tryList(scenario)).toEqual(['ok', 4000])
  })

  test('slow() delays every answer', async () => {
    await using scenario = await aCluster()
    scenario.cluster.faults.slow(250)
    expect(await tryList(scenario)).toEqual(['ok', 250])
    scenario.cluster.faults.slow(0)
    expect(await tryList(scenario)).toEqual(['ok', 0])
  })

  test('failRequests() fails what matches, so many times', async () => {
    await using scenario = await aCluster()
    const error = new FlotillaError('Forbidden', 'Cannot create: no rights')
    const { faults } = scenario.cluster
    faults.failRequests(({ verb, key }) => verb === 'create' && key?.name === 'a', error, 2)
    const create = (name: string) => scenario.api.create(configMaps, aConfigMap(name))
    await expect(create('a')).rejects.toBe(error)
    await create('b')
    await expect(create('a')).rejects.toBe(error)
    await create('a')
    faults.failRequests(({ verb }) => verb === 'list', error)
    expect(await tryList(scenario)).toEqual(['Forbidden', 0])
    faults.failNothing()
    expect(await tryList(scenario)).toEqual(['ok', 0])
  })

  test('a caller of its own meets the same faults', async () => {
    await using scenario = await aCluster()
    const api = scenario.cluster.throughFaults(scenario.cluster.server.apiAs(admin))
    scenario.cluster.faults.stop()
    await expect(api.list(namespaces)).rejects.toMatchObject({ code: 'Unavailable' })
  })
})
