import { readFileSync } from 'node:fs'
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import type { PlanStatus } from '@flotilla/api/plan'
import { propagationPolicyResource, type PropagationPolicy } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub

const key = { name: 'web', namespace: 'shop' }

function aPolicy(weights: Readonly<Record<string, number>>) {
  const staticWeightList = Object.entries(weights).map(([name, weight]) => ({
    targetCluster: { clusterNames: [name] },
    weight,
  }))
  const replicaScheduling = { replicaSchedulingType: 'Divided', weightPreference: { staticWeightList } }
  const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'Deployment' }]
  return { apiVersion, kind: 'PropagationPolicy', metadata: key, spec: { resourceSelectors, placement: { replicaScheduling } } }
}

function aDeployment(name: string, replicas: number) {
  const labels = { app: name }
  const containers = [{ name, image: 'registry.example.com/web', resources: { requests: { cpu: '1' } } }]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', labels },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  }
}

/** What a cluster is seen to be whose nodes have room for so many replicas. */
function observed(cpus: number) {
  const [type, status, reason, message] = ['Ready', 'True', 'Ready', '']
  return {
    conditions: [{ type, status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    apis: [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }],
    nodeShapes: [{ free: { cpu: String(cpus), pods: '110' }, count: 1 }],
  }
}

beforeAll(async () => {
  t = await startTestHub()
  const { api } = t.hub
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of ['eu', 'us']) {
    // Frozen: it cannot be reached, and what is said of it here stays.
    const spec = { id: `id-of-${name}`, apiEndpoint: 'https://member.example:6443', secretRef: { name } }
    await api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec })
  }
  await api.create(propagationPolicyResource, aPolicy({ eu: 1, us: 1 }))
  await api.create(deployments, aDeployment('web', 4))
})
afterAll(() => t[Symbol.asyncDispose]())

const file = (...objects: readonly object[]) => t.file(objects.map((object) => stringify(object)).join('---\n'))
const clusters = () => [
  { apiVersion, kind: 'Cluster', metadata: { name: 'eu' }, status: observed(4) },
  { apiVersion, kind: 'Cluster', metadata: { name: 'us' }, status: observed(4) },
]
async function statusOf(...args: readonly string[]): Promise<PlanStatus> {
  const { out } = await t.run('plan', ...args, '-o', 'json')
  return (JSON.parse(out) as { status: PlanStatus }).status
}

describe('flotilla plan', () => {
  it('says that nothing moves when nothing changes', async () => {
    await expect
      .poll(async () => (await t.hub.api.list<ResourceBinding>(resourceBindingResource)).items[0]?.spec.decision)
      .toBeDefined()
    const { code, out, err } = await t.run('plan')
    expect([code, err]).toEqual([0, ''])
    expect(out.replace(/[\da-f]{8}/g, 'x')).toMatch(/No moves\.\n(?:.*\n)*Snapshot x-x-x-x-x\n$/)
  })

  it('tells what moves, what has no place and the sums', async () => {
    const { code, out, err } = await t.run('plan', '-f', file(...clusters(), aDeployment('new', 3)), '-o', 'wide')
    expect([code, err]).toEqual([0, ''])
    expect(out.replace(/[\da-f]{8}/g, 'x')).toMatchInlineSnapshot(`
      "Deployment shop/new, by PropagationPolicy shop/web: new, 3 replicas
        eu: 0 -> 1
        us: 0 -> 2

      Deployment shop/web, by PropagationPolicy shop/web
        eu: 0 -> 2
        us: 0 -> 2
        without a place now: 4, then 0

      2 workloads: 7 more.
      Snapshot x-x-x-x-x
      "
    `)
  })
})
