// The priority of workloads, against the embedded hub and again against a real kube-apiserver.
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { priorityClasses } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hubKinds, type HubUnderTest } from './src/hub.ts'
import { untilEqual } from './src/until.ts'

const namespace = 'shop'

function aDeployment(priorityClassName?: string): object {
  const labels = { app: 'web' }
  const spec = { containers: [{ name: 'main', image: 'registry.example.com/main:1' }] }
  const template = { metadata: { labels }, spec: { ...spec, ...(priorityClassName ? { priorityClassName } : {}) } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  }
}

const policy = {
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'PropagationPolicy',
  metadata: { name: 'web', namespace },
  spec: {
    resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }],
    schedulePriority: { priorityClassSource: 'PodPriorityClass' },
  },
}

const aClass = (name: string, value: number) => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
})

describe.each(hubKinds)('priorities on $name', ({ start }) => {
  let hub: HubUnderTest

  beforeAll(async () => {
    hub = await start()
    await hub.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  })
  afterAll(() => hub?.[Symbol.asyncDispose]())

  async function priority(): Promise<unknown> {
    const { items } = await hub.api.list<ResourceBinding>(resourceBindingResource, { namespace })
    const { priority: value, priorityClassName, problem } = items[0]?.spec.schedulePriority ?? {}
    return [value, priorityClassName, problem !== undefined]
  }

  it('are those of the classes that the hub has', async () => {
    await hub.apply(aClass('gold', 1000), policy, aDeployment('gold'))
    await untilEqual('the priority of a class', priority, [1000, 'gold', false])
    await hub.apply(aDeployment('system-cluster-critical'))
    await untilEqual('the priority of the system', priority, [2_000_000_000, 'system-cluster-critical', false])
    await hub.apply(aDeployment())
    await untilEqual('no priority', priority, [0, undefined, false])
    await hub.apply({ ...aClass('silver', 10), globalDefault: true })
    await untilEqual('the priority of the default class', priority, [10, 'silver', false])
    await hub.apply(aDeployment('gold'))
    await untilEqual('the priority of the class again', priority, [1000, 'gold', false])
    await hub.api.delete(priorityClasses, { name: 'gold' })
    await untilEqual('the priority that the class had', priority, [1000, 'gold', true])
    expect(await hub.kubectl(`get resourcebindings -n ${namespace} -o wide`)).toMatch(/PRIORITY[\s\S]*1000/)
  })
})
