// A new binding is decided by the write that makes it, wherever that can be known.
import { clusterResource } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, describe, expect, test } from 'vitest'
import { startTestHub } from '../../../test/test-hub.ts'
import type { TestHub, TestHubOptions } from '../../../test/test-hub.ts'
import { createPolicyController } from '../../policy/controller.ts'
import { createSchedulerController } from './controller.ts'

const apiVersion = 'flotilla.dev/v1alpha1'
let stop: () => Promise<void>

afterEach(() => stop())

async function start(options: TestHubOptions = {}) {
  const t = await startTestHub(1, options)
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of ['eu', 'us']) await addCluster(t, name)
  await t.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'all' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: {
        replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
      },
    },
  })
  const scheduler = createSchedulerController(t)
  const { withFirstDecision } = scheduler
  const running = [createPolicyController({ ...t, withFirstDecision }), scheduler].map((each) =>
    startController(t.env, each),
  )
  stop = async () => {
    for (const each of running) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
    await t[Symbol.asyncDispose]()
  }
  return { ...t, withFirstDecision }
}

/** With room for four pods of half a CPU. */
async function addCluster({ api }: TestHub, name: string): Promise<void> {
  await api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec: { id: `id-${name}` } })
  const ready = { type: 'Ready', status: 'True', reason: 'X', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
  const apis = [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }]
  const nodeShapes = [{ free: { cpu: '2', pods: '100' }, count: 1 }]
  const patch = { status: { conditions: [ready], apis, nodeShapes } }
  await api.patch(clusterResource, { name }, { type: 'merge', patch }, { subresource: 'status' })
}

async function place({ api, env }: TestHub, name: string, replicas: number): Promise<ResourceBinding> {
  const labels = { app: name }
  const container = { name: 'c', image: 'x:1', resources: { requests: { cpu: '500m' } } }
  const template = { metadata: { labels }, spec: { containers: [container] } }
  const spec = { replicas, selector: { matchLabels: labels }, template }
  const metadata = { namespace: 'shop', name }
  await api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec })
  await env.advance(2_000)
  const { items } = await api.list<ResourceBinding>(resourceBindingResource)
  const binding = items.find((each) => each.metadata.name.startsWith(`deployment-${name}-`))
  if (!binding) throw new Error(`there is no binding of ${name}`)
  return binding
}

const placed = ({ spec }: Pick<ResourceBinding, 'spec'>) =>
  (spec.decision?.clusters ?? []).reduce((sum, { replicas = 0 }) => sum + replicas, 0)

describe('a new binding', () => {
  test('is decided by the write that makes it, and by no other', async () => {
    const t = await start()
    const binding = await place(t, 'web', 6)
    expect(placed(binding)).toBe(6)
    expect(binding.spec.decision?.explanation.trigger).toBe('New')
    const clusters = await t.api.list(clusterResource)
    const uids = new Set(clusters.items.map(({ metadata }) => metadata.uid))
    expect(new Set(binding.spec.decision?.clusters.map(({ clusterUID }) => clusterUID))).toEqual(uids)
    expect([binding.metadata.generation, binding.metadata.managedFields?.length]).toEqual([1, 1])
  })

  test('is made undecided as long as clusters have not been read', async () => {
    const t = await start({ isPartial: true, lies: { withholdsEnd: ({ plural }) => plural === 'clusters' } })
    expect((await place(t, 'web', 6)).spec.decision).toBeUndefined()
  })

  test('that could not be made leaves the room to others', async () => {
    const t = await start()
    const { metadata, ...web } = await place(t, 'web', 1)
    const spec = { ...web.spec, decision: undefined }
    const other = { ...web, metadata: { ...metadata, name: 'other' }, spec } as unknown as ResourceBinding
    const refused = t.withFirstDecision(other, (decided) => {
      expect(placed(decided)).toBe(1)
      return Promise.reject(new Error('refused'))
    })
    await expect(refused).rejects.toThrow('refused')
    expect(placed(await place(t, 'shop', 9))).toBe(7)
  })
})
