// What a workload on a member still uses is not taken from under it, and goes as soon as it can do without.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'

const inShop = (name: string) => ({ namespace: 'shop', name })

function web(settings: string): KubeObject {
  const containers = [{ name: 'web', image: 'reg.io/web:1', envFrom: [{ configMapRef: { name: settings } }] }]
  return aDeployment('web', { replicas: 2, template: { metadata: { labels: { app: 'web' } }, spec: { containers } } })
}

async function startWithSettings() {
  const fleet = await startWholeFleet(['eu'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }
  const policy = { apiVersion, kind: 'PropagationPolicy', metadata: inShop('web'), spec }
  await fleet.api.create(propagationPolicyResource, policy)
  for (const name of ['settings-1', 'settings-2']) await fleet.api.create(configMaps, aConfigMap(name))
  await fleet.api.create(deployments, web('settings-1'))
  await fleet.env.advance(20_000)
  const useSecond = async () => {
    const template = await fleet.api.get(deployments, inShop('web'))
    await fleet.api.update(deployments, { ...template, spec: web('settings-2')['spec'] })
  }
  return { ...fleet, useSecond }
}

const isApplyOfWorkload = ({ verb, resource }: { verb: string; resource?: { plural: string } }) =>
  verb === 'apply' && resource?.plural === 'deployments'
const denied = new FlotillaError('Forbidden', 'admission webhook "policy.example.com" denied the request: no')

describe('a follower that the template no longer names', () => {
  test('stays while its member refuses the new revision of the workload, and goes once that runs', async () => {
    await using fleet = await startWithSettings()
    const faults = fleet.members.get('eu')?.faults
    faults?.failRequests(isApplyOfWorkload, denied)
    await fleet.useSecond()
    await fleet.env.advance(30_000)
    const containers = valueAt(await fleet.member('eu').get(deployments, inShop('web')), 'spec', 'template', 'spec')
    expect(containers).toMatchObject({ containers: [{ envFrom: [{ configMapRef: { name: 'settings-1' } }] }] })
    expect(await fleet.member('eu').get(configMaps, inShop('settings-1'))).toBeDefined()
    faults?.failNothing()
    await fleet.env.advance(120_000)
    expect(await fleet.member('eu').get(configMaps, inShop('settings-2'))).toBeDefined()
    const first = fleet.member('eu').get(configMaps, inShop('settings-1'))
    await expect(first).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('goes within seconds where the workload takes the new revision', async () => {
    await using fleet = await startWithSettings()
    await fleet.useSecond()
    await fleet.env.advance(20_000)
    const first = fleet.member('eu').get(configMaps, inShop('settings-1'))
    await expect(first).rejects.toMatchObject({ code: 'NotFound' })
  })
})
