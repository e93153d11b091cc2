import type { KubeObject } from '@flotilla/machinery/object'
import { deployments, pods, services } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aDeployment, aPod, namespace, type Scenario } from '../../test/scenario.ts'
import { endpoints, endpointSlices } from '../resources.ts'

function aService(name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports, ...spec },
  }
}

interface Slice extends KubeObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[]
    readonly conditions: Readonly<Record<string, boolean>>
  }[]
}

const slicesOf = async ({ api }: Scenario) => (await api.list<Slice>(endpointSlices, { namespace })).items
const all = async (scenario: Scenario) => (await slicesOf(scenario)).flatMap(({ endpoints: list }) => list ?? [])

describe('createEndpointsController()', () => {
  test('lists the pods behind a Service, ready or not, in both kinds', async () => {
    await using scenario = await aCluster()
    await scenario.create(services, aService('web'))
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 2 } }))
    await scenario.create(pods, aPod('other'))
    expect(await all(scenario)).toEqual([])
    await scenario.env.advance(3000)
    const [slice] = await slicesOf(scenario)
    expect(slice?.metadata.labels?.['kubernetes.io/service-name']).toBe('web')
    expect(slice).toMatchObject({ addressType: 'IPv4', ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] })
    expect((await all(scenario)).map(({ conditions }) => conditions['ready'])).toEqual([true, true])
    const found = await scenario.get(endpoints, 'web')
    expect(found?.['subsets']).toMatchObject([
      { addresses: [{ ip: '10.64.0.1' }, { ip: '10.64.0.2' }], ports: [{ port: 8080 }] },
    ])
    expect(scenario.complaints()).toEqual([])
  })

  test('follows pods that go', async () => {
    await using scenario = await aCluster()
    await scenario.create(services, aService('web'))
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3 } }))
    await scenario.env.advance(5000)
    await scenario.patch(deployments, 'web', { spec: { replicas: 1 } })
    await scenario.env.advance(60_000)
    expect(await all(scenario)).toHaveLength(1)
    await scenario.remove(services, 'web')
    await scenario.env.advance(60_000)
    expect(await slicesOf(scenario)).toEqual([])
    expect(await scenario.get(endpoints, 'web')).toBeUndefined()
  })

  test('finds ports by their name in the pod', async () => {
    await using scenario = await aCluster()
    const ports = [{ port: 80, targetPort: 'web' }]
    await scenario.create(services, aService('named', { ports }))
    const container = { name: 'main', image: 'x', ports: [{ name: 'web', containerPort: 9000 }] }
    await scenario.create(pods, aPod('named', { pod: { containers: [container] } }))
    await scenario.env.advance(5000)
    expect((await slicesOf(scenario))[0]).toMatchObject({ ports: [{ port: 9000 }] })
  })

  test('splits more than a hundred addresses', async () => {
    await using scenario = await aCluster()
    await scenario.create(services, aService('web'))
    await scenario.create(deployments, aDeployment('web', { cpu: '1m', spec: { replicas: 250 } }))
    await scenario.env.advance(10_000)
    const slices = await slicesOf(scenario)
    expect(slices.map(({ endpoints: list = [] }) => list.length).toSorted((a, b) => b - a)).toEqual([100, 100, 50])
    for (const { metadata } of slices) expect(metadata.name).toMatch(/^web-[a-z0-9]{5}$/)
  }, 60_000)

  test('leaves Services without a selector alone', async () => {
    await using scenario = await aCluster()
    await scenario.create(services, aService('plain', { selector: undefined }))
    await scenario.env.advance(1000)
    expect(await slicesOf(scenario)).toEqual([])
  })
})
