// `kubectl delete --cascade=orphan` on the hub: the template goes, its copies stay where they are, no longer ours.
// What only looks like it changes nothing.
import { apiVersion, hubLabel } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment } from '../test/test-fleet.ts'
import { ownClaim, startControllers, startWholeFleet, stopControllers } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

const web = { namespace: 'shop', name: 'web' }

async function startShop(): Promise<WholeFleet> {
  const fleet = await startWholeFleet(['eu'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.api.create(deployments, aDeployment('web', { replicas: 2 }))
  const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }
  await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata: web, spec })
  await fleet.env.advance(20_000)
  return fleet
}

/** The hub as controllers hear of it that are told of Deployments late; `ms`: how late, from now on. */
function hearingLate({ api, env }: WholeFleet, lag: { ms: number }): KubeApi {
  const late: KubeApi['watch'] = async function* (resource, options) {
    for await (const event of api.watch<never>(resource, options)) {
      if (resource.plural === 'deployments' && lag.ms > 0) await env.timers.sleep(lag.ms)
      yield event
    }
  }
  return { ...api, watch: late }
}

describe('a template deleted with --cascade=orphan', () => {
  test('leaves its copies running without our label, annotations and ownership', async () => {
    await using fleet = await startShop()
    const before = await fleet.member('eu').get(deployments, web)
    await fleet.api.delete(deployments, web, { propagationPolicy: 'Orphan' })
    await fleet.env.advance(60_000)
    const left = await fleet.member('eu').get(deployments, web)
    expect(left.metadata.uid).toBe(before.metadata.uid)
    expect(left.metadata.labels?.[hubLabel]).toBeUndefined()
    expect(Object.keys(left.metadata.annotations ?? {}).filter((key) => key.startsWith('flotilla.dev/'))).toEqual([])
    expect((left.metadata.managedFields ?? []).map(({ manager }) => manager)).not.toContain('flotilla')
    expect(valueAt(left, 'status', 'readyReplicas')).toBe(2)
    expect((await fleet.api.list(resourceBindingResource)).items).toEqual([])
  })

  test('leaves its copies also when its deletion is heard of later than what became of its binding', async () => {
    await using fleet = await startShop()
    await stopControllers(fleet, fleet.controlPlane)
    const lag = { ms: 0 }
    const own = startControllers({ env: fleet.env, api: hearingLate(fleet, lag) }, fleet.members, ownClaim)
    await fleet.env.advance(20_000)
    const { uid } = (await fleet.member('eu').get(deployments, web)).metadata
    lag.ms = 2_000
    await fleet.api.delete(deployments, web, { propagationPolicy: 'Orphan' })
    await fleet.env.advance(60_000)
    await stopControllers(fleet, own)
    const left = await fleet.member('eu').get(deployments, web)
    expect([left.metadata.uid, left.metadata.labels?.[hubLabel]]).toEqual([uid, undefined])
  })

  test('keeps what it shared with a workload that is deleted for good afterwards', async () => {
    await using fleet = await startWholeFleet(['eu'])
    const eu = fleet.member('eu')
    const inShop = (name: string) => ({ namespace: 'shop', name })
    await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }
    await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata: web, spec })
    await fleet.api.create(configMaps, aConfigMap('settings'))
    for (const name of ['kept', 'other']) await fleet.api.create(deployments, withSettings(name))
    await fleet.env.advance(20_000)
    await fleet.api.delete(deployments, inShop('kept'), { propagationPolicy: 'Orphan' })
    await fleet.env.advance(30_000)
    expect((await eu.get(configMaps, inShop('settings'))).metadata.labels?.[hubLabel]).toBeDefined()
    await fleet.api.delete(deployments, inShop('other'))
    await fleet.env.advance(60_000)
    expect(await eu.get(deployments, inShop('kept'))).toBeDefined()
    await expect(eu.get(deployments, inShop('other'))).rejects.toMatchObject({ code: 'NotFound' })
    expect((await eu.get(configMaps, inShop('settings'))).metadata.labels?.[hubLabel]).toBeUndefined()
    expect((await fleet.api.list(resourceBindingResource)).items).toEqual([])
  })
})

describe('a binding that lost its owner reference while no controllers ran, as in a restore', () => {
  test('gets it back once its template has been read, and its copies stay ours all the time', async () => {
    await using fleet = await startShop()
    await stopControllers(fleet, fleet.controlPlane)
    const [before] = (await fleet.api.list(resourceBindingResource)).items
    const patch = { metadata: { ownerReferences: null } }
    await fleet.api.patch(resourceBindingResource, before?.metadata ?? web, { type: 'merge', patch })
    const own = startControllers({ env: fleet.env, api: hearingLate(fleet, { ms: 2_000 }) }, fleet.members, ownClaim)
    const labels = new Set<string | undefined>()
    for (let passedMs = 0; passedMs < 20_000; passedMs += 50) {
      await fleet.env.advance(50)
      labels.add((await fleet.member('eu').get(deployments, web)).metadata.labels?.[hubLabel])
    }
    await stopControllers(fleet, own)
    const [after] = (await fleet.api.list(resourceBindingResource)).items
    expect(after?.metadata).toMatchObject({
      uid: before?.metadata.uid,
      ownerReferences: before?.metadata.ownerReferences,
    })
    expect([...labels]).toEqual([expect.any(String)])
  })
})

function withSettings(name: string) {
  const containers = [{ name: 'web', image: 'reg.io/web:1', envFrom: [{ configMapRef: { name: 'settings' } }] }]
  return aDeployment(name, { replicas: 2, template: { metadata: { labels: { app: name } }, spec: { containers } } })
}
