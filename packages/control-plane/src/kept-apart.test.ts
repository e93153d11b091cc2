// Workloads that must not be beside each other, on whole members: one comes where the other was deleted.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { FlotillaError } from '@flotilla/machinery/errors'
import { deployments, namespaces, pods } from '@flotilla/machinery/well-known-resources'
import type { GateRequest } from '@flotilla/simulator/fault-gate'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

const names = ['eu', 'us'] as const

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(names, { podStartMs: 2_000 })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
})
afterEach(() => fleet[Symbol.asyncDispose]())

const specOf = (name: string, clusters: readonly string[]) => ({
  resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name }],
  placement: {
    clusterAffinity: { clusterNames: clusters },
    replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' },
    workloadAffinity: { antiAffinity: { groupByLabelKey: 'ha' } },
  },
})

async function place(name: string, clusters: readonly string[]): Promise<void> {
  const metadata = { namespace: 'shop', name }
  const spec = specOf(name, clusters)
  await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata, spec })
  const deployment = aDeployment(name, { replicas: 2 })
  const labels = { ...deployment.metadata.labels, ha: 'db' }
  await fleet.api.create(deployments, { ...deployment, metadata: { ...deployment.metadata, labels } })
}

/** Workloads that have pods, by member. */
async function whoIsWhere(): Promise<readonly string[]> {
  const lists = await Promise.all(names.map((name) => fleet.member(name).list(pods, { namespace: 'shop' })))
  return lists.map(({ items }, index) => {
    const workloads = new Set(items.map(({ metadata }) => metadata.name.split('-')[0] ?? ''))
    return `${names[index]}: ${[...workloads].sort().join()}`
  })
}

test('a workload that waits for another to leave comes only once that has been deleted there', async () => {
  await place('one', ['eu'])
  await fleet.env.advance(20_000)
  await place('two', ['eu'])
  await fleet.env.advance(20_000)
  expect(await whoIsWhere()).toEqual(['eu: one', 'us: '])
  const eu = fleet.members.get('eu')?.faults
  const isDeletion = ({ verb, resource }: GateRequest) => verb === 'delete' && resource?.plural === 'deployments'
  eu?.failRequests(isDeletion, new FlotillaError('Unavailable', 'Cannot delete just now'))
  const patch = { spec: specOf('one', ['us']) }
  await fleet.api.patch(propagationPolicyResource, { namespace: 'shop', name: 'one' }, { type: 'merge', patch })
  await fleet.env.advance(60_000)
  expect(await whoIsWhere()).toEqual(['eu: one', 'us: one'])
  eu?.failNothing()
  await fleet.env.advance(120_000)
  expect(await whoIsWhere()).toEqual(['eu: two', 'us: one'])
})
