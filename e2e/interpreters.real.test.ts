// An Interpreter, against the embedded hub and again against a real kube-apiserver: refused by the hub, read, and told of.
import { type Interpreter, interpreterResource } from '@flotilla/api/interpreter'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hubKinds, type HubUnderTest } from './src/hub.ts'
import { untilEqual } from './src/until.ts'

const namespace = 'shop'
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'pools.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'pools', kind: 'Pool' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } },
      },
    ],
  },
}

const pod = { spec: { containers: [{ name: 'main', image: 'a', resources: { requests: { cpu: '2' } } }] } }
const pool = {
  apiVersion: 'example.com/v1',
  kind: 'Pool',
  metadata: { name: 'crunch', namespace },
  spec: { workers: 6, pod },
}

const policy = {
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'PropagationPolicy',
  metadata: { name: 'pools', namespace },
  spec: { resourceSelectors: [{ apiVersion: 'example.com/v1', kind: 'Pool' }] },
}

const anInterpreter = (more: object) => ({
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Interpreter',
  metadata: { name: 'pools' },
  spec: { target: { group: 'example.com', kind: 'Pool' }, requirement: { path: 'spec.pod' }, ...more },
})

describe.each(hubKinds)('an Interpreter on $name', ({ start }) => {
  let hub: HubUnderTest

  beforeAll(async () => {
    hub = await start()
    await hub.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, definition)
  })
  afterAll(() => hub?.[Symbol.asyncDispose]())

  async function components(): Promise<unknown> {
    const { items } = await hub.api.list<ResourceBinding>(resourceBindingResource, { namespace })
    const all = items.flatMap(({ spec }) => spec.workloads).flatMap((workload) => workload.components)
    return all.map(({ replicas, replicaRequirements }) => [replicas, replicaRequirements?.resourceRequest])
  }

  async function conditions(): Promise<unknown> {
    const { status } = await hub.api.get<Interpreter>(interpreterResource, { name: 'pools' })
    return status?.conditions?.map(({ type, status: holds }) => `${type}=${holds}`)
  }

  it('that does not compile is refused, with the place', async () => {
    await expect(hub.apply(anInterpreter({ replicas: { expression: 'object..a' } }))).rejects.toThrow(
      /spec\.replicas\.expression.*1:\d+: found/s,
    )
  })

  it('says what is divided, and is told of a rule that fails', async () => {
    await hub.apply(anInterpreter({ replicas: { path: 'spec.workers' } }), policy, pool)
    const want = [[6, { cpu: '2' }]]
    await untilEqual('what is divided', components, want)
    await untilEqual('its conditions', conditions, ['Accepted=True', 'InForce=True', 'Working=True'])
    await hub.apply(anInterpreter({ replicas: { expression: 'object.spec.no' }, revise: { expression: '{}' } }))
    await untilEqual('a failure', conditions, ['Accepted=True', 'InForce=True', 'Working=False'])
    expect(await components()).toEqual(want)
  })
})
