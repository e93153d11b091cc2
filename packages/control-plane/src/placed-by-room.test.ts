// Placement by free room over whole members: what is decided fits, what comes free is used, what overflowed returns.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { ResourceBinding } from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { deployments, namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

/** Each member has three nodes of four CPUs. */
const names = ['eu', 'us', 'ap'] as const
const local = { namespace: 'local', name: 'local' }

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(names)
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  // Somebody's own work takes eight of the twelve CPUs of eu.
  const eu = fleet.member('eu')
  await eu.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'local' } })
  await eu.create(deployments, { ...ofCpus('local', 8), metadata: local })
  await fleet.env.advance(90_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

/** A Deployment whose pods ask for one CPU each. */
function ofCpus(name: string, replicas: number): KubeObject {
  const container = { name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu: '1' } } }
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } }
  return aDeployment(name, { replicas, template })
}

function aPolicy(placement: object = {}): KubeObject {
  const replicaScheduling = {
    replicaSchedulingType: 'Divided',
    replicaDivisionPreference: 'Weighted',
    weightPreference: { dynamicWeight: 'AvailableReplicas' },
  }
  const spec = {
    resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
    placement: { replicaScheduling, ...placement },
  }
  return { apiVersion, kind: 'PropagationPolicy', metadata: { namespace: 'shop', name: 'web' }, spec }
}

async function place(replicas: number, placement?: object): Promise<void> {
  await fleet.api.create(propagationPolicyResource, aPolicy(placement))
  await fleet.api.create(deployments, ofCpus('web', replicas))
  await fleet.env.advance(30_000)
}

async function endLocalWork(): Promise<void> {
  await fleet.member('eu').delete(deployments, local)
  await fleet.env.advance(300_000)
}

/** By member: pods of the workload that are Ready, then those that are not. */
async function podsOn(name: string): Promise<string> {
  const { items } = await fleet.member(name).list(pods, { namespace: 'shop' })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  const ready = items.filter(isReady).length
  return `${name}: ${ready} ready, ${items.length - ready} not`
}

const podsEverywhere = () => Promise.all(names.map(podsOn))

async function shortfall(): Promise<string | undefined> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  return items[0]?.spec.decision?.shortfall?.message
}

describe('placement by room', () => {
  test('fills members to the last pod, and places the rest as soon as there is room', async () => {
    await place(30)
    expect(await podsEverywhere()).toEqual(['eu: 4 ready, 0 not', 'us: 12 ready, 0 not', 'ap: 12 ready, 0 not'])
    expect(await shortfall()).toMatch(/^28 of 30 replicas have a place: .*eu is full with 4/)
    await endLocalWork()
    expect(await podsEverywhere()).toEqual(['eu: 6 ready, 0 not', 'us: 12 ready, 0 not', 'ap: 12 ready, 0 not'])
    expect(await shortfall()).toBeUndefined()
  })

  test('returns what overflowed when the first tier has room again', async () => {
    const clusterAffinities = [
      { affinityName: 'home', clusterNames: ['eu'] },
      { affinityName: 'away', clusterNames: ['us'] },
    ]
    await place(6, { clusterAffinities })
    expect(await podsEverywhere()).toEqual(['eu: 4 ready, 0 not', 'us: 2 ready, 0 not', 'ap: 0 ready, 0 not'])
    await endLocalWork()
    expect(await podsEverywhere()).toEqual(['eu: 6 ready, 0 not', 'us: 0 ready, 0 not', 'ap: 0 ready, 0 not'])
  })

  test('gives no room twice while members cannot be read', async () => {
    const unreadable = new FlotillaError('Timeout', 'Cannot list nodes: no answer')
    for (const lies of Object.values(fleet.lies)) {
      lies.refuses = (resource) => (resource?.plural === 'nodes' ? unreadable : undefined)
    }
    await place(20)
    await fleet.env.advance(120_000)
    await fleet.api.create(deployments, ofCpus('more', 12))
    await fleet.env.advance(60_000)
    const all = (await podsEverywhere()).join(', ')
    expect(all).not.toMatch(/[1-9]\d* not/)
    expect([...all.matchAll(/(\d+) ready/g)].reduce((sum, [, ready]) => sum + Number(ready), 0)).toBe(28)
  })

  test('moves nothing while room comes and goes', async () => {
    await place(9)
    const before = await podsEverywhere()
    await endLocalWork()
    expect(await podsEverywhere()).toEqual(before)
  })
})
