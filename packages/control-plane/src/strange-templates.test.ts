// Templates that are large, odd or refused: they reach members whole, or a message says why not; nothing else suffers.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps, deployments, jobs, namespaces, services } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet

const inShop = (name: string) => ({ namespace: 'shop', name })

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const resourceSelectors = [
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { apiVersion: 'v1', kind: 'ConfigMap' },
    { apiVersion: 'v1', kind: 'Service' },
    { apiVersion: 'batch/v1', kind: 'Job' },
  ]
  const policy = { apiVersion, kind: 'PropagationPolicy', metadata: inShop('all'), spec: { resourceSelectors } }
  await fleet.api.create(propagationPolicyResource, policy)
})
afterEach(() => fleet[Symbol.asyncDispose]())

async function outcomeOf(name: string, cluster: string) {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  const binding = items.find(({ spec }) => spec.workloads[0]?.ref.name === name)
  return binding?.status?.clusters?.find((each) => each.name === cluster)
}

const oddKeys = ['constructor', 'hasOwnProperty', 'toString', 'valueOf', 'prototype']

describe('a template', () => {
  test('with 10,000 labels reaches every member, label for label', async () => {
    const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`label-${i}`, `${i}`]))
    const settings = aConfigMap('settings')
    await fleet.api.create(configMaps, { ...settings, metadata: { ...settings.metadata, labels } })
    await fleet.env.advance(20_000)
    const { metadata } = await fleet.member('eu').get(configMaps, inShop('settings'))
    expect(metadata.labels).toMatchObject(labels)
    expect(Object.keys(metadata.labels ?? {})).toHaveLength(10_001)
    expect(await outcomeOf('settings', 'us')).toMatchObject({ state: 'Applied' })
  })

  test('with names of inherited properties as keys reaches every member whole, and its drift is corrected', async () => {
    const data = Object.fromEntries(oddKeys.map((key) => [key, `of ${key}`]))
    const labels = Object.fromEntries(oddKeys.map((key) => [key, 'x']))
    const settings = aConfigMap('settings', data)
    await fleet.api.create(configMaps, { ...settings, metadata: { ...settings.metadata, labels } })
    await fleet.env.advance(20_000)
    const copy = () => fleet.member('eu').get(configMaps, inShop('settings'))
    expect(await copy()).toMatchObject({ data, metadata: { labels } })
    const patch = { data: { constructor: 'changed', toString: null } }
    await fleet.member('eu').patch(configMaps, inShop('settings'), { type: 'merge', patch })
    await fleet.env.advance(5_000)
    expect((await copy())['data']).toEqual(data)
    expect(await outcomeOf('settings', 'eu')).toMatchObject({ state: 'Applied' })
  })

  test('with a key that would change prototypes is refused by the hub, created or patched', async () => {
    const data = JSON.parse('{"__proto__": "x"}') as Record<string, string>
    const refusal = { code: 'BadRequest', message: expect.stringMatching(/"__proto__" is not accepted/) }
    await expect(fleet.api.create(configMaps, aConfigMap('settings', data))).rejects.toMatchObject(refusal)
    await fleet.api.create(configMaps, aConfigMap('settings'))
    const patched = fleet.api.patch(configMaps, inShop('settings'), { type: 'merge', patch: { data } })
    await expect(patched).rejects.toMatchObject(refusal)
    const operations = [{ op: 'add' as const, path: '/data/__proto__', value: 'x' }]
    await expect(fleet.api.patch(configMaps, inShop('settings'), { type: 'json', operations })).rejects.toThrow(
      '__proto__',
    )
    await fleet.env.advance(20_000)
    expect(await fleet.member('eu').get(configMaps, inShop('settings'))).toMatchObject({ data: { a: '1' } })
  })

  test('that a member refuses is Failed there in its words, and applied elsewhere', async () => {
    const refusal = new FlotillaError('Invalid', 'admission webhook "policy.example.com" denied the request: no')
    fleet.members.get('eu')?.faults.failRequests(({ verb, key }) => verb === 'apply' && key?.name === 'web', refusal)
    await fleet.api.create(deployments, aDeployment('web'))
    await fleet.api.create(configMaps, aConfigMap('settings'))
    await fleet.env.advance(20_000)
    expect(await outcomeOf('web', 'eu')).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/^Cannot deliver Deployment shop\/web to eu: admission webhook .* denied/),
    })
    expect(await outcomeOf('web', 'us')).toMatchObject({ state: 'Applied' })
    expect(await outcomeOf('settings', 'eu')).toMatchObject({ state: 'Applied' })
  })

  test('whose immutable field differs on a member is Failed with the field, and nothing is made anew', async () => {
    const job = (image: string): KubeObject => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: inShop('once'),
      spec: {
        completions: 2,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } },
      },
    })
    await fleet.api.create(jobs, job('x:1'))
    await fleet.env.advance(20_000)
    const before = await fleet.member('eu').get(jobs, inShop('once'))
    await fleet.api.delete(jobs, inShop('once'), { propagationPolicy: 'Background' })
    await fleet.api.create(jobs, job('x:2'))
    await fleet.env.advance(60_000)
    expect(await outcomeOf('once', 'eu')).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/Job shop\/once to eu: .*spec\.template.*immutable/),
    })
    expect((await fleet.member('eu').get(jobs, inShop('once'))).metadata.uid).toBe(before.metadata.uid)
  })

  test('whose address a person set is stated with it; one that the hub allocated stays its own', async () => {
    const spec = { selector: { app: 'web' }, ports: [{ port: 80 }] }
    await fleet.api.create(services, { apiVersion: 'v1', kind: 'Service', metadata: inShop('free'), spec })
    const headless = { ...spec, clusterIP: 'None' }
    await fleet.api.create(services, { apiVersion: 'v1', kind: 'Service', metadata: inShop('none'), spec: headless })
    await fleet.env.advance(20_000)
    const own = (await fleet.member('eu').get(services, inShop('free'))).metadata.managedFields
    const ours = own?.find(({ manager, operation }) => manager === 'flotilla' && operation === 'Apply')
    expect(ours?.fieldsV1?.['f:spec']).not.toHaveProperty('f:clusterIP')
    expect(await fleet.member('us').get(services, inShop('none'))).toMatchObject({ spec: { clusterIP: 'None' } })
  })
})
