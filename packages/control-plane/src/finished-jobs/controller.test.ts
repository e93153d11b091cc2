import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { jobs, namespaces } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { startWholeFleet, type WholeFleet } from '../../test/whole-fleet.ts'

const inShop = (name: string) => ({ namespace: 'shop', name })

function aJob(name: string, ttl: object): KubeObject {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: inShop(name), spec: { template, ...ttl } }
}

async function isThere(fleet: WholeFleet, name: string): Promise<readonly boolean[]> {
  const found = [fleet.api, fleet.member('eu')].map((api) =>
    api.get(jobs, inShop(name)).then(
      () => true,
      () => false,
    ),
  )
  return Promise.all(found)
}

describe('createFinishedJobsController()', () => {
  test('deletes a finished Job and its copies after its time, and no other', async () => {
    await using fleet = await startWholeFleet(['eu'])
    await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    const spec = { resourceSelectors: [{ apiVersion: 'batch/v1', kind: 'Job' }] }
    await fleet.api.create(propagationPolicyResource, {
      apiVersion,
      kind: 'PropagationPolicy',
      metadata: inShop('all'),
      spec,
    })
    await fleet.api.create(jobs, aJob('cleaned', { ttlSecondsAfterFinished: 60 }))
    await fleet.api.create(jobs, aJob('kept', {}))
    await fleet.env.advance(40_000)
    expect(valueAt(await fleet.api.get(jobs, inShop('cleaned')), 'status', 'succeeded')).toBe(1)
    expect(await isThere(fleet, 'cleaned')).toEqual([true, true])
    await fleet.env.advance(40_000)
    expect(await isThere(fleet, 'cleaned')).toEqual([false, false])
    expect(await isThere(fleet, 'kept')).toEqual([true, true])
  })
})
