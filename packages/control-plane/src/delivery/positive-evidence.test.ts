// Whatever a member or the hub fails to tell, nothing is deleted for it; and evidence is kept until it is acted upon.
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { RawResponse } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { configMaps, customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aToy, aToyDefinition, refOf, startFleet, toys } from '../../test/test-fleet.ts'
import type { Lies } from '../../test/lies.ts'
import type { TestFleet, TestMember } from '../../test/test-fleet.ts'

let t: TestFleet
let m1: TestMember

beforeEach(async () => {
  t = await startFleet()
  m1 = t.byName['m1'] as TestMember
})
afterEach(() => t[Symbol.asyncDispose]())

const inShop = (name: string) => ({ namespace: 'shop', name })
const deletes = () => m1.writes.filter(({ verb }) => verb === 'delete')
const removal = (template: KubeObject, cluster: string) => {
  const { uid, ...object } = refOf(template)
  return { cluster, id: `id-${cluster}`, object, templateUID: uid, reason: 'Test', since: '2026-01-01T00:00:00Z' }
}
const unavailable = new FlotillaError('Unavailable', 'connection refused')
const pathNotFound = new FlotillaError('NotFound', '404 page not found')
const isOn =
  ({ plural }: Resource, verb: string) =>
  (request: { verb: string; resource?: Resource }) =>
    request.verb === verb && request.resource?.plural === plural

describe('nothing is deleted because', () => {
  const refusals = [
    { name: '401', error: new FlotillaError('Unauthenticated', 'Unauthorized') },
    { name: '403', error: new FlotillaError('Forbidden', 'configmaps is forbidden') },
    { name: '404', error: new FlotillaError('NotFound', '404 page not found') },
    { name: '500', error: new FlotillaError('Internal', 'etcdserver: no leader') },
  ]
  test.each(refusals)('every read and watch of a member answers $name', async ({ error }) => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    m1.simulated.faults.failRequests(({ verb }) => ['get', 'list', 'watch', 'raw'].includes(verb), error)
    await t.restart()
    await t.env.advance(120_000)
    expect(deletes()).toEqual([])
    m1.simulated.faults.failNothing()
    await t.env.advance(120_000)
    expect(await m1.get(configMaps, 'settings')).toBeDefined()
    expect(deletes()).toEqual([])
  })

  test('a member lists nothing, as with a token that has ended', async () => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    const { uid } = (await m1.get(configMaps, 'settings'))?.metadata ?? {}
    m1.lies.hides = () => true
    await t.restart()
    await t.env.advance(120_000)
    expect((await m1.get(configMaps, 'settings'))?.metadata.uid).toBe(uid)
    expect(deletes()).toEqual([])
  })

  test('a member has lost the CRD, or does not tell of its group', async () => {
    const definition = await t.api.create(customResourceDefinitions, aToyDefinition())
    await m1.api.create(customResourceDefinitions, aToyDefinition())
    const toy = await t.place(aToy('bear'), toys, { m1: null })
    expect(await m1.get(toys, 'bear')).toBeDefined()
    m1.lies.raw = withoutGroup('toys.io')
    await t.restart()
    await t.env.advance(120_000)
    expect(deletes()).toEqual([])
    expect((await t.binding(toy)).status?.clusters?.[0]).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/does not serve kind Toy of toys.io/),
    })
    expect(definition.metadata.uid).toBeDefined()
  })

  test('the hub has not been read whole: then nothing is written at all', async () => {
    const lies: Lies = { refuses: (resource) => (resource?.plural === 'overridepolicies' ? unavailable : undefined) }
    await using partial = await startFleet(['p1'], { lies, isPartial: true })
    await partial.place(aConfigMap('settings'), configMaps, { p1: null })
    const { writes } = partial.byName['p1'] as TestMember
    await partial.env.advance(120_000)
    expect(writes).toEqual([])
    lies.refuses = undefined
    await partial.env.advance(120_000)
    expect(writes.map(({ verb, resource }) => `${verb} ${resource}`)).toContain('apply configmaps')
  })

  test('the hub no longer serves the kind of a template', async () => {
    const lies: Lies = {}
    await using fleet = await startFleet(['p1'], { lies })
    const p1 = fleet.byName['p1'] as TestMember
    await fleet.api.create(customResourceDefinitions, aToyDefinition())
    await p1.api.create(customResourceDefinitions, aToyDefinition())
    const toy = await fleet.place(aToy('bear'), toys, { p1: null })
    expect(await p1.get(toys, 'bear')).toBeDefined()
    lies.raw = withoutGroup('toys.io')
    const { metadata } = await fleet.binding(toy)
    await fleet.api.delete(resourceBindingResource, { namespace: 'shop', name: metadata.name })
    await fleet.env.advance(120_000)
    expect(await p1.get(toys, 'bear')).toBeDefined()
    await expect(fleet.binding(toy)).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('the hub does not tell what it serves: the deletion waits until it does', async () => {
    const lies: Lies = {}
    await using fleet = await startFleet(['p1'], { lies })
    const p1 = fleet.byName['p1'] as TestMember
    await fleet.api.create(customResourceDefinitions, aToyDefinition())
    await p1.api.create(customResourceDefinitions, aToyDefinition())
    const toy = await fleet.place(aToy('bear'), toys, { p1: null })
    lies.raw = withStaleGroup('toys.io')
    await fleet.api.delete(toys, inShop('bear'))
    await fleet.env.advance(120_000)
    expect(await p1.get(toys, 'bear')).toBeDefined()
    expect((await fleet.binding(toy)).metadata.deletionTimestamp).toBeDefined()
    lies.raw = undefined
    await fleet.env.advance(60_000)
    expect(await p1.get(toys, 'bear')).toBeUndefined()
  })
})

describe('evidence is kept while', () => {
  test('a member answers 404 without naming the object', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    m1.lies.hides = ({ plural }) => plural === 'configmaps'
    m1.lies.refuses = (resource) => (resource?.plural === 'configmaps' ? pathNotFound : undefined)
    m1.simulated.faults.failRequests(isOn(configMaps, 'delete'), pathNotFound)
    await t.decide(settings, { m2: null }, { removals: [removal(settings, 'm1')] })
    await t.restart()
    await t.env.advance(60_000)
    expect((await t.binding(settings)).spec.removals).toHaveLength(1)
    expect(await m1.get(configMaps, 'settings')).toBeDefined()
    m1.lies.hides = undefined
    m1.lies.refuses = undefined
    m1.simulated.faults.failNothing()
    await t.env.advance(120_000)
    expect(await m1.get(configMaps, 'settings')).toBeUndefined()
    expect((await t.binding(settings)).spec.removals).toEqual([])
  })

  test('a member whose API server has just started does not list the group yet', async () => {
    for (const { api } of [t, ...Object.values(t.byName)]) {
      await api.create(customResourceDefinitions, aToyDefinition())
    }
    const toy = await t.place(aToy('bear'), toys, { m1: null, m2: null })
    expect(await m1.get(toys, 'bear')).toBeDefined()
    m1.simulated.faults.stop()
    await t.env.advance(30_000)
    await t.decide(toy, { m2: null }, { removals: [removal(toy, 'm1')] })
    await t.restart()
    m1.lies.raw = withoutGroup('toys.io')
    m1.simulated.faults.start()
    await t.env.advance(30_000)
    expect((await t.binding(toy)).spec.removals).toHaveLength(1)
    m1.lies.raw = undefined
    await t.env.advance(60_000)
    expect(await m1.get(toys, 'bear')).toBeUndefined()
    expect((await t.binding(toy)).spec.removals).toEqual([])
  })

  test('a member refuses to delete', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    m1.simulated.faults.failRequests(isOn(configMaps, 'delete'), new FlotillaError('Forbidden', 'cannot delete'))
    await t.decide(settings, { m2: null }, { removals: [removal(settings, 'm1')] })
    await t.env.advance(60_000)
    expect((await t.binding(settings)).spec.removals).toHaveLength(1)
    m1.simulated.faults.failNothing()
    await t.env.advance(120_000)
    expect(await m1.get(configMaps, 'settings')).toBeUndefined()
  })

  test('a cluster is suspended', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    await t.api.patch(clusterResource, { name: 'm1' }, { type: 'merge', patch: { spec: { suspend: true } } })
    await t.decide(settings, { m2: null }, { removals: [removal(settings, 'm1')] })
    await t.env.advance(60_000)
    expect(deletes()).toEqual([])
    expect((await t.binding(settings)).spec.removals).toHaveLength(1)
    await t.api.patch(clusterResource, { name: 'm1' }, { type: 'merge', patch: { spec: { suspend: false } } })
    await t.env.advance(10_000)
    expect(await m1.get(configMaps, 'settings')).toBeUndefined()
  })

  test('a policy suspends dispatching to the cluster', async () => {
    const key = inShop('policy')
    const created = await t.api.create(propagationPolicyResource, {
      apiVersion,
      kind: 'PropagationPolicy',
      metadata: key,
      spec: { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }] },
    } as KubeObject)
    const policy = { kind: 'PropagationPolicy' as const, ...key, uid: created.metadata.uid ?? '' }
    const suspend = (suspension: object | null) =>
      t.api.patch(propagationPolicyResource, key, { type: 'merge', patch: { spec: { suspension } } })
    const dropped = await t.place(aConfigMap('dropped'), configMaps, { m1: null, m2: null }, { policy })
    const deleted = await t.place(aConfigMap('deleted'), configMaps, { m1: null, m2: null }, { policy })
    await suspend({ dispatchingOnClusters: { clusterNames: ['m1'] } })
    await t.settle()
    await t.decide(dropped, { m2: null }, { policy, removals: [removal(dropped, 'm1')] })
    await t.api.delete(configMaps, inShop('deleted'))
    await t.env.advance(60_000)
    expect(deletes()).toEqual([])
    expect((await t.binding(dropped)).spec.removals).toHaveLength(1)
    expect(await t.byName['m2']?.get(configMaps, 'deleted')).toBeUndefined()
    await suspend(null)
    await t.env.advance(10_000)
    expect(await m1.get(configMaps, 'dropped')).toBeUndefined()
    expect(await m1.get(configMaps, 'deleted')).toBeUndefined()
    await expect(t.binding(deleted)).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('a member is away, when the template is deleted; and it is cleaned when it comes back', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    m1.simulated.faults.stop()
    await t.api.delete(configMaps, inShop('settings'))
    await t.env.advance(60_000)
    expect(await t.byName['m2']?.get(configMaps, 'settings')).toBeUndefined()
    expect((await t.binding(settings)).metadata.deletionTimestamp).toBeDefined()
    await t.restart()
    m1.simulated.faults.start()
    await t.env.advance(120_000)
    expect(await m1.get(configMaps, 'settings')).toBeUndefined()
    await expect(t.binding(settings)).rejects.toMatchObject({ code: 'NotFound' })
  })
})

test('evidence is done with once a member has lost the CRD, and the objects with it', async () => {
  for (const { api } of [t, ...Object.values(t.byName)]) {
    await api.create(customResourceDefinitions, aToyDefinition())
  }
  const toy = await t.place(aToy('bear'), toys, { m1: null, m2: null })
  await m1.api.delete(customResourceDefinitions, { name: 'toys.toys.io' })
  await t.env.advance(10_000)
  await t.decide(toy, { m2: null }, { removals: [removal(toy, 'm1')] })
  await t.env.advance(60_000)
  expect((await t.binding(toy)).spec.removals).toEqual([])
})

/** Aggregated discovery in which the group is not listed. */
function withoutGroup(group: string): Lies['raw'] {
  return (path, answer) =>
    changeGroups(path, answer, (items) => items.filter(({ metadata }) => metadata.name !== group))
}

/** Aggregated discovery in which the group's server could not be asked. */
function withStaleGroup(group: string): Lies['raw'] {
  const stale = (version: object) => ({ ...version, resources: [], freshness: 'Stale' })
  return (path, answer) =>
    changeGroups(path, answer, (items) =>
      items.map((item) => (item.metadata.name === group ? { ...item, versions: item.versions.map(stale) } : item)),
    )
}

interface GroupItem {
  readonly metadata: { readonly name: string }
  readonly versions: readonly object[]
}

function changeGroups(
  path: string,
  answer: RawResponse,
  change: (items: readonly GroupItem[]) => readonly GroupItem[],
): RawResponse {
  if (path !== '/apis') return answer
  const body = answer.body as { readonly items?: readonly GroupItem[] }
  return { ...answer, body: { ...body, items: change(body.items ?? []) } }
}
