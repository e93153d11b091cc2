// Clusters chosen by CEL, over whole members. What members report only ever stops growth.
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { loadCel } from '@flotilla/machinery/cel/program'
import { deployments, namespaces, nodes as nodesResource } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us', 'ap'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
})
afterEach(() => fleet[Symbol.asyncDispose]())

async function place(expression: string): Promise<void> {
  await fleet.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'web' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: { clusterAffinity: { expression }, replicaScheduling: { replicaSchedulingType: 'Divided' } },
    },
  })
  await fleet.api.create(deployments, aDeployment('web', { replicas: 6 }))
  await fleet.env.advance(30_000)
}

async function placed(): Promise<Readonly<Record<string, number | undefined>>> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource, { namespace: 'shop' })
  const clusters = items.flatMap(({ spec }) => spec.decision?.clusters ?? [])
  return Object.fromEntries(clusters.map(({ name, replicas }) => [name, replicas]))
}

async function label(name: string, env: string | null): Promise<void> {
  const patch = { metadata: { labels: { env } } }
  await fleet.api.patch(clusterResource, { name }, { type: 'merge', patch })
  await fleet.env.advance(60_000)
}

describe('clusterAffinity.expression', () => {
  test('is decided by once its engine is loaded, and follows labels', async () => {
    await label('eu', 'prod')
    await label('us', 'prod')
    await place('has(cluster.labels.env) && cluster.labels.env == "prod"')
    await loadCel()
    await fleet.env.advance(30_000)
    expect(await placed()).toEqual({ eu: 3, us: 3 })
    await label('us', null)
    await label('ap', 'prod')
    expect(await placed()).toEqual({ eu: 3, ap: 3 })
  })

  test('takes nothing away when what a member reports changes', async () => {
    await loadCel()
    await place('cluster.nodes.ready > 0 && cluster.name != "ap"')
    expect(await placed()).toEqual({ eu: 3, us: 3 })
    const nodes = await fleet.member('eu').list(nodesResource)
    for (const { metadata } of nodes.items) await fleet.member('eu').delete(nodesResource, metadata)
    await fleet.env.advance(120_000)
    expect((await fleet.api.get(clusterResource, { name: 'eu' }))['status']).toMatchObject({ nodes: { ready: 0 } })
    expect(await placed()).toEqual({ eu: 3, us: 3 })
  })
})
