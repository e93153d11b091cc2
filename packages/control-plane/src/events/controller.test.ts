import { namespaces } from '@flotilla/machinery/well-known-resources'
import { deployments, events } from '@flotilla/machinery/well-known-resources'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { textAt, valueAt } from '@flotilla/machinery/untyped'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../../test/test-fleet.ts'
import { aWeightedPolicy } from '../../test/weighted-policy.ts'
import { startWholeFleet, type WholeFleet } from '../../test/whole-fleet.ts'

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'], { podStartMs: 1_000 })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.api.create(deployments, aDeployment('web', { replicas: 4 }))
  await fleet.api.create(propagationPolicyResource, aWeightedPolicy({ eu: 1, us: 1 }))
  await fleet.env.advance(70_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

/** As `kubectl describe` finds them, `REASON: MESSAGE`. */
async function toldOf(kind: string, name: string): Promise<readonly string[]> {
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`
  const { items } = await fleet.api.list(events, { fieldSelector })
  return items.map((event) => `${textAt(event, 'reason')}: ${textAt(event, 'message')}`)
}

describe('createEventsController()', () => {
  test('tells of a workload and of its cluster what failover did, to whoever describes them', async () => {
    fleet.members.get('eu')?.faults.stop()
    await fleet.env.advance(60_000)
    const web = await toldOf('Deployment', 'web')
    expect(web).toContain('Placed: on eu 2, us 2')
    expect(web).toContainEqual(expect.stringMatching(/^FailedOver: eu 2 to us 2: eu has not answered since /))
    const eu = await toldOf('Cluster', 'eu')
    expect(eu.map((told) => told.split(':')[0])).toEqual(
      expect.arrayContaining(['Unreachable', 'Failed', 'FailoverMoved']),
    )
  })

  test('tells nothing again after a restart', async () => {
    const { metadata } = await fleet.api.get(deployments, { namespace: 'shop', name: 'web' })
    const before = await fleet.api.list(events)
    expect(before.items.every((event) => valueAt(event, 'involvedObject', 'uid') === metadata.uid)).toBe(true)
    await fleet.restart()
    await fleet.env.advance(60_000)
    expect((await fleet.api.list(events)).items).toEqual(before.items)
  })
})
