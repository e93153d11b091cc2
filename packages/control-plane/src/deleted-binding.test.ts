// A binding that is deleted by hand while its template lives: another goes on from all that it said.
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { apiVersion } from '@flotilla/api/group'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { deployments, jobs, namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { aWeightedPolicy } from '../test/weighted-policy.ts'
import { startWholeFleet, stopControllers, type WholeFleet } from '../test/whole-fleet.ts'

const web = { namespace: 'shop', name: 'web' }
let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'], { podStartMs: 5_000 })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.api.create(deployments, aDeployment('web', { replicas: 12 }))
  await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 3, us: 1 }))
  await fleet.env.advance(30_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

const bindings = async () => (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items

const deleteBinding = async () => {
  for (const { metadata } of await bindings()) await fleet.api.delete(resourceBindingResource, metadata)
}

const weigh = async (weights: Record<string, number>) => {
  const policy = await fleet.api.get(propagationPolicyResource, web)
  await fleet.api.update(propagationPolicyResource, { ...policy, spec: aWeightedPolicy(weights)['spec'] })
}

const isReady = (pod: KubeObject) =>
  asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')

const readyOn = async (name: string) => {
  const { items } = await fleet.member(name).list(pods, { namespace: 'shop' })
  return items.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length
}

/** The fewest that were ready at any moment of that time. */
const fewestReadyFor = async (forMs: number) => {
  let fewest = Number.POSITIVE_INFINITY
  for (let passed = 0; passed < forMs; passed += 50) {
    await fleet.env.advance(50)
    fewest = Math.min(fewest, (await readyOn('eu')) + (await readyOn('us')))
  }
  return fewest
}

const copyOn = async (name: string) => {
  try {
    return (await fleet.member(name).get(deployments, web)).metadata
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

describe('a binding deleted by hand in the middle of a move', () => {
  beforeEach(async () => {
    await weigh({ eu: 1, us: 3 })
    await fleet.env.advance(1_000)
  })

  test('leaves as many ready as there were, and the move ends', async () => {
    await deleteBinding()
    expect(await fewestReadyFor(20_000)).toBe(12)
    expect([await readyOn('eu'), await readyOn('us')]).toEqual([3, 9])
    expect(await bindings()).toHaveLength(1)
  })

  test('leaves as many ready also when it is deleted again and again', async () => {
    let fewest = 12
    for (let times = 0; times < 8; times++) {
      await deleteBinding()
      fewest = Math.min(fewest, await fewestReadyFor(150))
    }
    expect(Math.min(fewest, await fewestReadyFor(20_000))).toBe(12)
    expect(await bindings()).toHaveLength(1)
  })

  test.each([0, 10, 50, 150, 300, 600])(
    'leaves as many ready when all controllers end %i ms later',
    async (afterMs) => {
      await deleteBinding()
      await fleet.env.advance(afterMs)
      await fleet.restart()
      expect(await fewestReadyFor(20_000)).toBe(12)
      expect(await bindings()).toHaveLength(1)
    },
  )
})

describe('a binding deleted by hand before a member has confirmed a removal', () => {
  beforeEach(async () => {
    fleet.members.get('eu')?.faults.cut()
    await weigh({ us: 1 })
    await fleet.env.advance(60_000)
  })

  const comeBack = async () => {
    fleet.members.get('eu')?.faults.heal()
    await fleet.env.advance(60_000)
  }

  test.each([0, 50, 300, 30_000])(
    'is followed by that removal, also when all controllers end %i ms later',
    async (afterMs) => {
      expect((await bindings())[0]?.spec.removals).toHaveLength(1)
      await deleteBinding()
      await fleet.env.advance(afterMs)
      await fleet.restart()
      expect(await copyOn('eu')).toBeDefined()
      await comeBack()
      expect(await copyOn('eu')).toBeUndefined()
      expect(await copyOn('us')).toBeDefined()
    },
  )

  test('lets go of everything when no policy selects the template any more', async () => {
    await fleet.api.delete(propagationPolicyResource, web)
    await deleteBinding()
    await fleet.env.advance(10_000)
    expect(await bindings()).toEqual([])
    await comeBack()
    expect([await copyOn('eu'), await copyOn('us')]).not.toContain(undefined)
  })

  test('takes its copies along when the template goes with it', async () => {
    await deleteBinding()
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(60_000)
    await comeBack()
    expect([await copyOn('eu'), await copyOn('us')]).toEqual([undefined, undefined])
    expect(await bindings()).toEqual([])
  })

  test('keeps its copies when the template is deleted with --cascade=orphan right after it, unseen by us', async () => {
    await stopControllers(fleet, fleet.controlPlane)
    await deleteBinding()
    await fleet.api.delete(deployments, web, { propagationPolicy: 'Orphan' })
    await fleet.env.advance(10_000)
    await fleet.restart()
    await fleet.env.advance(60_000)
    await comeBack()
    expect(await copyOn('us')).toBeDefined()
  })
})

test.each([0, 50, 150, 300])(
  'a binding deleted by hand, and all controllers %i ms later, runs no finished Job again',
  async (afterMs) => {
    const once = { namespace: 'shop', name: 'once' }
    const spec = { resourceSelectors: [{ apiVersion: 'batch/v1', kind: 'Job' }] }
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } }
    // There it is not finished, so the Job as a whole is not.
    fleet.members.get('us')?.faults.cut()
    await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata: once, spec })
    await fleet.api.create(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: once,
      spec: { template },
    } as KubeObject)
    await fleet.env.advance(60_000)
    const { status } = await fleet.member('eu').get(jobs, once)
    expect(status).toMatchObject({ succeeded: 1 })
    await fleet.member('eu').delete(jobs, once)
    await fleet.env.advance(10_000)
    await deleteBinding()
    await fleet.env.advance(afterMs)
    await fleet.restart()
    await fleet.env.advance(60_000)
    await expect(fleet.member('eu').get(jobs, once)).rejects.toMatchObject({ code: 'NotFound' })
  },
)

test('a binding deleted by hand keeps what was seen last of a member that is away, also over a restart', async () => {
  fleet.members.get('eu')?.faults.cut()
  await fleet.env.advance(60_000)
  const seen = { name: 'eu', state: 'Unreachable', replicas: 9 }
  const statusOfEu = async () => (await bindings())[0]?.status?.clusters?.find(({ name }) => name === 'eu')
  const before = await statusOfEu()
  expect(before).toMatchObject(seen)
  await deleteBinding()
  await fleet.restart()
  await fleet.env.advance(60_000)
  expect(await statusOfEu()).toEqual(before)
})
