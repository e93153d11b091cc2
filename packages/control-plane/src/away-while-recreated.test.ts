// A member that was away while a template was created anew: its copy is adopted, or goes, but is never forgotten.
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet, type WholeFleet } from '../test/whole-fleet.ts'

let fleet: WholeFleet

const web = { namespace: 'shop', name: 'web' }

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }
  await fleet.api.create(propagationPolicyResource, { apiVersion, kind: 'PropagationPolicy', metadata: web, spec })
  await fleet.api.create(deployments, aDeployment('web', { replicas: 1 }))
  await fleet.env.advance(20_000)
  fleet.members.get('eu')?.faults.cut()
  await fleet.env.advance(60_000)
  await createAnew()
  await fleet.env.advance(60_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

async function createAnew() {
  await fleet.api.delete(deployments, web)
  await fleet.api.create(deployments, aDeployment('web', { replicas: 1 }))
}

async function comeBack() {
  fleet.members.get('eu')?.faults.heal()
  await fleet.env.advance(120_000)
}

async function copyOn(name: string) {
  try {
    return (await fleet.member(name).get(deployments, web)).metadata
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

const bindings = async () => (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items

describe('a member that was away while a template was created anew', () => {
  test('is cleaned when that is deleted too before it comes back', async () => {
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(60_000)
    await comeBack()
    expect([await copyOn('eu'), await copyOn('us')]).toEqual([undefined, undefined])
    expect(await bindings()).toEqual([])
  })

  test('is cleaned also after several creations and a restart of the hub', async () => {
    await createAnew()
    await fleet.env.advance(60_000)
    await fleet.restart()
    await fleet.api.delete(deployments, web)
    await fleet.env.advance(60_000)
    await comeBack()
    expect([await copyOn('eu'), await copyOn('us')]).toEqual([undefined, undefined])
    expect(await bindings()).toEqual([])
  })

  test('has its copy adopted, and nothing is left to remove', async () => {
    const before = await copyOn('eu')
    const [binding, ...others] = await bindings()
    expect(others).toEqual([])
    expect(binding?.spec.removals).toMatchObject([{ cluster: 'eu', reason: 'CreatedAnew' }])
    await comeBack()
    const after = await copyOn('eu')
    const template = await fleet.api.get(deployments, web)
    expect(after?.uid).toBe(before?.uid)
    expect(after?.annotations).toMatchObject({ 'flotilla.dev/template': template.metadata.uid })
    expect((await bindings())[0]?.spec.removals ?? []).toEqual([])
  })

  test('keeps its copy when the new binding alone is deleted', async () => {
    const before = await copyOn('eu')
    const [binding] = await bindings()
    await fleet.api.delete(resourceBindingResource, binding?.metadata ?? { name: 'none' })
    await comeBack()
    expect(before).toBeDefined()
    expect((await copyOn('eu'))?.uid).toBe(before?.uid)
  })

  test('keeps its copy when the new template is deleted with --cascade=orphan', async () => {
    const before = await copyOn('eu')
    await fleet.api.delete(deployments, web, { propagationPolicy: 'Orphan' })
    await fleet.env.advance(60_000)
    await comeBack()
    expect(before).toBeDefined()
    expect((await copyOn('eu'))?.uid).toBe(before?.uid)
  })
})
