// A member that takes longer to answer than it is waited for is slow, not lost.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { configMaps, namespaces } from '@flotilla/machinery/well-known-resources'
import { findCondition } from '@flotilla/runtime/conditions'
import { describe, expect, test } from 'vitest'
import { startWholeFleet, type WholeFleet } from '../../../test/whole-fleet.ts'

const settings = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { text: 'first' },
}

async function startFleet(): Promise<WholeFleet> {
  const fleet = await startWholeFleet(['eu'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.api.create(propagationPolicyResource, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name: 'settings', namespace: 'shop' },
    spec: { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }], placement: {} },
  })
  await fleet.api.create(configMaps, settings)
  await fleet.env.advance(10_000)
  return fleet
}

async function seen(fleet: WholeFleet) {
  const { status } = await fleet.api.get<Cluster>(clusterResource, { name: 'eu' })
  const reachable = findCondition(status?.conditions, 'Reachable')
  return { state: status?.health?.state, reachable: `${reachable?.status} ${reachable?.reason}` }
}

describe('a member that answers after', () => {
  test('5.5 s is in use all the time, and told to be slow', async () => {
    await using fleet = await startFleet()
    fleet.members.get('eu')?.faults.slow(5_500)
    await fleet.env.advance(60_000)
    await fleet.api.update(configMaps, { ...settings, data: { text: 'second' } })
    for (let second = 0; second < 120; second++) {
      await fleet.env.advance(1_000)
      expect(await seen(fleet)).toEqual({ state: 'Healthy', reachable: 'True Slow' })
      expect(fleet.controlPlane.members.mayWrite('eu')).toBe(true)
    }
    expect(await fleet.member('eu').get(configMaps, settings.metadata)).toMatchObject({ data: { text: 'second' } })
    fleet.members.get('eu')?.faults.slow(0)
    await fleet.env.advance(15_000)
    expect(await seen(fleet)).toEqual({ state: 'Healthy', reachable: 'True Answered' })
  })

  test('a minute is lost', async () => {
    await using fleet = await startFleet()
    fleet.members.get('eu')?.faults.slow(60_000)
    await fleet.env.advance(60_000)
    expect(await seen(fleet)).toEqual({ state: 'Failed', reachable: 'Unknown NoAnswer' })
  })
})
