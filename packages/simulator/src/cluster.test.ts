import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import {
  daemonSets,
  deployments,
  jobs,
  nodes,
  pods,
  replicaSets,
  services,
  statefulSets,
} from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aDaemonSet, aDeployment, aJob, aStatefulSet, namespace } from '../test/scenario.ts'
import type { Deployment, Node } from './kinds.ts'
import { runMsAnnotation } from './nodes/kubelet.ts'
import { endpointSlices } from './resources.ts'

describe('createSimulatedCluster()', () => {
  test('has nodes with capacity that are Ready, in its region', async () => {
    await using scenario = await aCluster({ nodes: 2, region: 'eu', kubernetesVersion: 'v1.35.1' })
    const all = (await scenario.api.list<Node>(nodes)).items
    expect(all.map(({ metadata }) => metadata.name)).toEqual(['eu-1-node-1', 'eu-1-node-2'])
    expect(all[0]?.metadata.labels).toMatchObject({
      'topology.kubernetes.io/region': 'eu',
      'kubernetes.io/hostname': 'eu-1-node-1',
    })
    expect(all[0]?.status).toMatchObject({
      allocatable: { cpu: '4', memory: '16Gi', pods: '110' },
      nodeInfo: { kubeletVersion: 'v1.35.1' },
    })
    expect(all[0]?.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  })

  test('takes shapes for its nodes', async () => {
    const shape = { name: 'gpu', cpu: '32', extended: { 'nvidia.com/gpu': '8' }, labels: { zone: 'a' } }
    await using scenario = await aCluster({ nodes: [shape] })
    const [node] = (await scenario.api.list<Node>(nodes)).items
    expect(node).toMatchObject({
      metadata: { labels: { zone: 'a' } },
      status: { capacity: { cpu: '32', 'nvidia.com/gpu': '8' } },
    })
  })

  test('runs thousands of pods', async () => {
    await using scenario = await aCluster({ nodes: 50 })
    for (let i = 0; i < 20; i++)
      await scenario.create(deployments, aDeployment(`web-${i}`, { cpu: '10m', spec: { replicas: 200 } }))
    await scenario.env.advance(10_000)
    const all = (await scenario.api.list<Deployment>(deployments)).items
    expect(all.map(({ status }) => status?.availableReplicas)).toEqual(Array(20).fill(200))
    expect(scenario.complaints()).toEqual([])
  }, 120_000)

  test('stops while its server is stopped', async () => {
    const scenario = await aCluster()
    await scenario.create(deployments, aDeployment('web', { spec: { replicas: 3 } }))
    scenario.cluster.faults.stop()
    await scenario.env.advance(1000)
    await scenario[Symbol.asyncDispose]()
    expect(scenario.complaints()).toEqual([])
  })
})

const aService: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
}

const workloads: readonly { resource: Resource; object: KubeObject; children: Resource }[] = [
  { resource: deployments, object: aDeployment('web', { spec: { replicas: 3 } }), children: replicaSets },
  { resource: deployments, object: aDeployment('web', { spec: { replicas: 0 } }), children: replicaSets },
  { resource: statefulSets, object: aStatefulSet('web', { spec: { replicas: 2 } }), children: pods },
  { resource: daemonSets, object: aDaemonSet('web'), children: pods },
  { resource: jobs, object: aJob('web', { annotations: { [runMsAnnotation]: '86400000' } }), children: pods },
  { resource: services, object: aService, children: endpointSlices },
]

for (const seed of [1, 2]) {
  for (const { resource, object, children } of workloads) {
    test(`createSimulatedCluster() deletes a ${object.kind} for good right after its server came back, seed ${seed}`, async () => {
      await using scenario = await aCluster({ seed })
      await scenario.create(resource, object)
      await scenario.env.advance(10_000)
      scenario.cluster.faults.stop()
      await scenario.env.advance(60_000)
      scenario.cluster.faults.start()
      const { revision } = scenario.cluster.server.store
      await scenario.api.delete(resource, { name: 'web', namespace }, { propagationPolicy: 'Background' })
      await scenario.env.advance(120_000)
      expect((await scenario.api.list(children, { namespace })).items).toEqual([])
      expect(scenario.cluster.server.store.revision - revision).toBeLessThan(300)
      expect(scenario.complaints()).toEqual([])
    })
  }
}
