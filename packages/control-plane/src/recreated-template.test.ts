// A template that is deleted and created again under its name keeps its copies: they are adopted, never made anew.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment, refOf, startFleet } from '../test/test-fleet.ts'
import { startWholeFleet, stopControllers } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet

const inShop = (name: string) => ({ namespace: 'shop', name })

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }
  const policy = { apiVersion, kind: 'PropagationPolicy', metadata: inShop('everywhere'), spec }
  await fleet.api.create(propagationPolicyResource, policy)
  await fleet.api.create(configMaps, aConfigMap('settings'))
  await fleet.api.create(deployments, web())
  await fleet.env.advance(20_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

function web(image = 'reg.io/web:1'): KubeObject {
  const containers = [{ name: 'web', image, envFrom: [{ configMapRef: { name: 'settings' } }] }]
  return aDeployment('web', {
    replicas: 2,
    template: { metadata: { labels: { app: 'web' } }, spec: { containers } },
  })
}

const uidsOn = async (name: string) => {
  const member = fleet.member(name)
  const copies = [await member.get(deployments, inShop('web')), await member.get(configMaps, inShop('settings'))]
  return copies.map(({ metadata }) => metadata.uid)
}

describe('a template that is created anew under its name', () => {
  test('keeps its copies and their followers, adopted without a gap', async () => {
    const before = [await uidsOn('eu'), await uidsOn('us')]
    await fleet.api.delete(deployments, inShop('web'))
    await fleet.api.create(deployments, web('reg.io/web:2'))
    await fleet.env.advance(60_000)
    expect([await uidsOn('eu'), await uidsOn('us')]).toEqual(before)
    const template = await fleet.api.get(deployments, inShop('web'))
    const copy = await fleet.member('eu').get(deployments, inShop('web'))
    expect(copy.metadata.annotations).toMatchObject({ 'flotilla.dev/template': template.metadata.uid })
    expect(valueAt(copy, 'spec', 'template', 'spec', 'containers')).toMatchObject([{ image: 'reg.io/web:2' }])
  })

  test('keeps its copies also when nothing claims them for a while', async () => {
    await using slow = await startFleet(['m1'])
    const settings = await slow.api.create(configMaps, aConfigMap('settings'))
    const followers = [{ ref: refOf(settings) }]
    const old = await slow.place(aDeployment('web'), deployments, { m1: 1 }, { followers })
    const { spec } = await slow.binding(old)
    const member = slow.byName['m1']
    const uids = async () => [
      (await member?.get(deployments, 'web'))?.metadata.uid,
      (await member?.get(configMaps, 'settings'))?.metadata.uid,
    ]
    const before = await uids()
    await slow.api.delete(deployments, inShop('web'))
    const fresh = await slow.api.create(deployments, aDeployment('web'))
    await slow.env.advance(20_000)
    expect(await uids()).toEqual(before)
    const workloads = [{ ref: refOf(fresh), components: [] }]
    await slow.api.create(resourceBindingResource, {
      apiVersion,
      kind: 'ResourceBinding',
      metadata: inShop('fresh'),
      spec: { ...spec, workloads },
    } as KubeObject)
    await slow.env.advance(60_000)
    expect(await uids()).toEqual(before)
    await expect(slow.binding(old)).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('keeps its copies also when no controllers ran for longer than they wait', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `web-${index}`)
    for (const name of names) await fleet.api.create(deployments, aDeployment(name, { replicas: 1 }))
    await fleet.env.advance(20_000)
    const uids = async () => {
      const { items } = await fleet.member('eu').list(deployments, { namespace: 'shop' })
      return Object.fromEntries(items.map(({ metadata }) => [metadata.name, metadata.uid]))
    }
    const before = await uids()
    expect(Object.keys(before)).toHaveLength(names.length + 1)
    await stopControllers(fleet, fleet.controlPlane)
    for (const name of names) {
      await fleet.api.delete(deployments, inShop(name))
      await fleet.api.create(deployments, aDeployment(name, { replicas: 1 }))
    }
    await fleet.env.advance(60_000)
    await fleet.restart()
    await fleet.env.advance(60_000)
    expect(await uids()).toEqual(before)
  })

  test('keeps its copies also when it comes while they are being read to be removed, and is bound later', async () => {
    fleet.members.get('eu')?.faults.slow(50)
    const before = await uidsOn('eu')
    const { spec } = await fleet.api.get(propagationPolicyResource, inShop('everywhere'))
    await fleet.api.delete(propagationPolicyResource, inShop('everywhere'))
    await fleet.api.delete(deployments, inShop('web'))
    await fleet.env.advance(20)
    await fleet.api.create(deployments, web('reg.io/web:2'))
    await fleet.env.advance(5_000)
    const policy = { apiVersion, kind: 'PropagationPolicy', metadata: inShop('everywhere'), spec }
    await fleet.api.create(propagationPolicyResource, policy as KubeObject)
    await fleet.env.advance(60_000)
    expect(await uidsOn('eu')).toEqual(before)
  })

  test('waits for its policy for half a minute at most: then the old copies go', async () => {
    await fleet.api.delete(propagationPolicyResource, inShop('everywhere'))
    await fleet.api.delete(deployments, inShop('web'))
    await fleet.api.create(deployments, web())
    await fleet.env.advance(25_000)
    await expect(uidsOn('eu')).resolves.toHaveLength(2)
    await fleet.env.advance(10_000)
    await expect(fleet.member('eu').get(deployments, inShop('web'))).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('holds nothing up that was deleted for good', async () => {
    await fleet.api.delete(deployments, inShop('web'))
    await fleet.env.advance(5_000)
    await expect(fleet.member('eu').get(deployments, inShop('web'))).rejects.toMatchObject({ code: 'NotFound' })
  })
})
