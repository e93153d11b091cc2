import { documents, type Document } from '@flotilla/kube-server/discovery/serve'
import { clusterResource } from '@flotilla/api/cluster'
import {
  adoptAnnotation,
  appliedAnnotation,
  generationAnnotation,
  hubLabel,
  templateAnnotation,
} from '@flotilla/api/group'
import { overridePolicyResource } from '@flotilla/api/override-policy'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import {
  clusterResourceBindingResource,
  resourceBindingResource,
  type ClusterResourceBinding,
} from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import {
  configMaps,
  customResourceDefinitions,
  deployments,
  jobs,
  namespaces,
  secrets,
} from '@flotilla/machinery/well-known-resources'
import { valueAt } from '@flotilla/machinery/untyped'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment, refOf, startFleet, type TestFleet, type TestMember } from '../../test/test-fleet.ts'

let t: TestFleet
let m1: TestMember
let m2: TestMember

beforeEach(async () => {
  t = await startFleet()
  m1 = t.byName['m1'] as TestMember
  m2 = t.byName['m2'] as TestMember
})
afterEach(() => t[Symbol.asyncDispose]())

const inShop = (name: string) => ({ namespace: 'shop', name })

/** A person's change on a member. */
async function meddle(
  member: TestMember,
  resource: typeof deployments,
  name: string,
  patch: object,
  fieldManager = 'kubectl-edit',
) {
  const key = resource.namespaced ? inShop(name) : { name }
  return member.api.patch(resource, key, { type: 'merge', patch: { ...patch } }, { fieldManager })
}

async function outcome(template: KubeObject, cluster = 'm1') {
  const { status } = await t.binding(template)
  return status?.clusters?.find(({ name }) => name === cluster)
}

async function aPolicy(spec: object) {
  const policy = await t.api.create(propagationPolicyResource, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: inShop('policy'),
    spec: { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }], ...spec },
  } as KubeObject)
  return { policy: { kind: 'PropagationPolicy' as const, ...inShop('policy'), uid: policy.metadata.uid ?? '' } }
}

describe('delivery applies', () => {
  test('each cluster gets its share, marked as ours, in a namespace made for it', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 3, m2: 1 })
    const [first, second] = [await m1.get(deployments, 'web'), await m2.get(deployments, 'web')]
    expect([valueAt(first, 'spec', 'replicas'), valueAt(second, 'spec', 'replicas')]).toEqual([3, 1])
    expect(first?.metadata.labels).toMatchObject({ [hubLabel]: 'hub' })
    expect(first?.metadata.annotations).toMatchObject({
      [templateAnnotation]: web.metadata.uid,
      [generationAnnotation]: '1',
    })
    expect((await m1.get(namespaces, 'shop'))?.metadata.labels?.[hubLabel]).toBe('hub')
  })

  test('a namespace that exists is used and not labelled', async () => {
    await m1.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await t.place(aDeployment('web'), deployments, { m1: 1 })
    expect((await m1.get(namespaces, 'shop'))?.metadata.labels?.[hubLabel]).toBeUndefined()
    expect(await m1.get(deployments, 'web')).toBeDefined()
  })

  test('nothing is written when nothing changes, nor by a restart', async () => {
    await t.place(aDeployment('web'), deployments, { m1: 3, m2: 1 })
    m1.writes.length = 0
    await t.env.advance(600_000)
    await t.restart()
    await t.env.advance(60_000)
    expect(m1.writes).toEqual([])
  })

  test('a changed template is applied everywhere', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    await t.api.update(configMaps, { ...aConfigMap('settings', { a: '2' }), metadata: settings.metadata })
    await t.settle()
    expect((await m2.get(configMaps, 'settings'))?.['data']).toEqual({ a: '2' })
  })

  test('an override changes one cluster only, and no other when it is edited', async () => {
    await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    m2.writes.length = 0
    const override = {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'OverridePolicy',
      metadata: inShop('registry'),
      spec: {
        resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
        overrideRules: [
          {
            targetCluster: { clusterNames: ['m1'] },
            overriders: { imageOverrider: [{ component: 'Registry', operator: 'replace', value: 'near.io' }] },
          },
        ],
      },
    }
    await t.api.create(overridePolicyResource, override as KubeObject)
    await t.settle()
    const image = (object: KubeObject | undefined) =>
      (valueAt(object, 'spec', 'template', 'spec', 'containers') as { image: string }[])[0]?.image
    expect(image(await m1.get(deployments, 'web'))).toBe('near.io/web:1')
    expect(image(await m2.get(deployments, 'web'))).toBe('reg.io/web:1')
    expect(m2.writes).toEqual([])
  })

  test('followers go before their workload', async () => {
    const settings = await t.api.create(configMaps, aConfigMap('settings'))
    await t.place(aDeployment('web'), deployments, { m1: 1 }, { followers: [{ ref: refOf(settings) }] })
    expect(m1.writes.filter(({ verb }) => verb === 'apply').map(({ resource }) => resource)).toEqual([
      'configmaps',
      'deployments',
    ])
  })

  test('a follower that is refused holds nobody up, and both say so', async () => {
    m1.simulated.faults.failRequests(
      ({ verb, resource }) => verb === 'apply' && resource?.plural === 'configmaps',
      new FlotillaError('Forbidden', 'configmaps is forbidden: cannot patch'),
    )
    const settings = await t.api.create(configMaps, aConfigMap('settings'))
    const web = await t.place(aDeployment('web'), deployments, { m1: 1 }, { followers: [{ ref: refOf(settings) }] })
    expect(await m1.get(deployments, 'web')).toBeDefined()
    expect(await outcome(web)).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/ConfigMap shop\/settings.*cannot patch/),
    })
  })

  test('a kind that the member does not know fails naming it, and is delivered once its CRD is there', async () => {
    const definition = aDefinition()
    await t.api.create(customResourceDefinitions, definition)
    const toys = { group: 'toys.io', version: 'v1', plural: 'toys', kind: 'Toy', namespaced: true }
    const toy = await t.place(
      { apiVersion: 'toys.io/v1', kind: 'Toy', metadata: inShop('bear'), spec: { size: 1 } },
      toys,
      { m1: null },
    )
    expect(await outcome(toy)).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/does not serve kind Toy of toys.io\/v1/),
    })
    await m1.api.create(customResourceDefinitions, definition)
    await t.env.advance(30_000)
    expect(await m1.get(toys, 'bear')).toMatchObject({ spec: { size: 1 } })
  })

  test('an object of a kind whose CRD goes along is delivered as soon as that is established', async () => {
    const definition = await t.api.create(customResourceDefinitions, aDefinition())
    const toys = { group: 'toys.io', version: 'v1', plural: 'toys', kind: 'Toy', namespaced: true }
    const toy = { apiVersion: 'toys.io/v1', kind: 'Toy', metadata: inShop('bear'), spec: { size: 1 } }
    const placed = await t.place(toy, toys, { m1: null })
    expect(await outcome(placed)).toMatchObject({ state: 'Failed' })
    await t.api.create(clusterResourceBindingResource, {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'ClusterResourceBinding',
      metadata: { name: 'toys' },
      spec: { ...(await t.binding(placed)).spec, workloads: [{ ref: refOf(definition), components: [] }] },
    } as ClusterResourceBinding)
    await t.settle()
    expect(await m1.get(toys, 'bear')).toMatchObject({ spec: { size: 1 } })
  })

  test('an object of a kind of which discovery tells late is delivered soon afterwards', async () => {
    const { server } = m1.simulated
    const stale = new Map<string, Document | undefined>()
    let isLate = true
    server.setDocuments((path, accept) => {
      const key = `${path} ${accept}`
      if (!isLate || !stale.has(key)) stale.set(key, documents(server.catalog, path, accept))
      const found = stale.get(key)
      return found && { code: found.code, contentType: found.contentType, body: JSON.parse(found.text) as unknown }
    })
    await t.api.create(customResourceDefinitions, aDefinition())
    const toys = { group: 'toys.io', version: 'v1', plural: 'toys', kind: 'Toy', namespaced: true }
    const toy = { apiVersion: 'toys.io/v1', kind: 'Toy', metadata: inShop('bear'), spec: { size: 1 } }
    const placed = await t.place(toy, toys, { m1: null })
    await m1.api.create(customResourceDefinitions, aDefinition())
    await t.settle()
    expect(await outcome(placed)).toMatchObject({ state: 'Failed' })
    isLate = false
    await t.settle()
    await t.settle()
    expect(await m1.get(toys, 'bear')).toMatchObject({ spec: { size: 1 } })
  })

  test('what a member refuses is Failed with its words, while the others proceed', async () => {
    m1.simulated.faults.failRequests(
      ({ verb, resource }) => verb === 'apply' && resource?.plural === 'deployments',
      new FlotillaError(
        'Invalid',
        'Deployment.apps "web" is invalid: spec.selector: Invalid value: field is immutable',
      ),
    )
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    expect(await outcome(web)).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/spec.selector.*immutable/),
    })
    expect(await outcome(web, 'm2')).toMatchObject({ state: 'Applied', health: 'Healthy' })
  })
})

describe('delivery meets objects of others', () => {
  /** The one request that would have created ours. */
  const refused = { verb: 'apply', resource: 'configmaps', name: 'settings' }
  const theirs = (data: Record<string, string>): KubeObject => ({ ...aConfigMap('settings', data) })
  beforeEach(async () => {
    await m1.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  })

  test('IfIdentical adopts one in which all that we state holds', async () => {
    const before = await m1.api.create(configMaps, theirs({ a: '1', more: 'theirs' }))
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null })
    const after = await m1.get(configMaps, 'settings')
    expect(after?.metadata).toMatchObject({ uid: before.metadata.uid, labels: { [hubLabel]: 'hub' } })
    expect(after?.['data']).toEqual({ a: '1', more: 'theirs' })
    expect(await outcome(settings)).toMatchObject({ state: 'Applied' })
  })

  test('IfIdentical neither adopts nor deletes one that differs, and names the fields', async () => {
    const before = await m1.api.create(configMaps, theirs({ a: 'other' }))
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null })
    expect(await outcome(settings)).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/not ours.*data\.a: wanted "1", found "other"/),
    })
    await t.api.delete(configMaps, inShop('settings'))
    await t.env.advance(60_000)
    expect(await m1.get(configMaps, 'settings')).toEqual(before)
    expect(m1.writes).toEqual([refused])
  })

  test('what a person consents to is adopted as the same object, and no other of its name', async () => {
    const before = await m1.api.create(configMaps, theirs({ a: 'other', more: 'theirs' }))
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null })
    const consent = (uid = '') =>
      t.api.patch(configMaps, inShop('settings'), {
        type: 'merge',
        patch: { metadata: { annotations: { [adoptAnnotation]: uid } } },
      })
    await consent('another')
    await t.settle()
    expect(await m1.get(configMaps, 'settings')).toEqual(before)
    await consent(before.metadata.uid)
    await t.settle()
    const after = await m1.get(configMaps, 'settings')
    expect(after).toMatchObject({ metadata: { uid: before.metadata.uid }, data: { a: '1', more: 'theirs' } })
    expect(after?.metadata.annotations).not.toHaveProperty(adoptAnnotation)
    expect(await outcome(settings)).toMatchObject({ state: 'Applied' })
  })

  test('Abort never adopts', async () => {
    const before = await m1.api.create(configMaps, theirs({ a: '1' }))
    const settings = await t.place(
      aConfigMap('settings'),
      configMaps,
      { m1: null },
      await aPolicy({ conflictResolution: 'Abort' }),
    )
    expect(await outcome(settings)).toMatchObject({ state: 'Failed', message: expect.stringMatching(/Abort/) })
    expect(await m1.get(configMaps, 'settings')).toEqual(before)
    expect(m1.writes).toEqual([refused])
  })

  test('Overwrite takes the fields by force', async () => {
    await m1.api.create(configMaps, theirs({ a: 'other' }))
    await t.place(aConfigMap('settings'), configMaps, { m1: null }, await aPolicy({ conflictResolution: 'Overwrite' }))
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: '1' } })
  })

  test('an object of ours that lost its label is still ours', async () => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    await meddle(m1, configMaps, 'settings', { metadata: { labels: { [hubLabel]: null } } })
    await t.settle()
    expect((await m1.get(configMaps, 'settings'))?.metadata.labels?.[hubLabel]).toBe('hub')
  })
})

describe('delivery and drift', () => {
  test('Correct takes a changed field back at once', async () => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    m1.writes.length = 0
    await meddle(m1, configMaps, 'settings', { data: { a: 'changed' } })
    await t.env.settle()
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: '1' } })
    await t.env.advance(60_000)
    expect(m1.writes).toHaveLength(1)
  })

  test('a field that the member lets nobody change is named, with the way out, and nothing is deleted', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null })
    await meddle(m1, configMaps, 'settings', { immutable: true })
    const before = await m1.get(configMaps, 'settings')
    const live = await t.api.get(configMaps, inShop('settings'))
    await t.api.update(configMaps, { ...live, data: { a: '2' } })
    await t.settle()
    expect(await outcome(settings)).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/data: .*immutable.* Next: put the old value back, or kubectl delete configmap/),
    })
    await t.env.advance(60_000)
    expect((await m1.get(configMaps, 'settings'))?.metadata.uid).toBe(before?.metadata.uid)
  })

  test('a removed field, and a deleted object, come back', async () => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    await meddle(m1, configMaps, 'settings', { data: { a: null } })
    await t.settle()
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: '1' } })
    await m1.api.delete(configMaps, inShop('settings'))
    await t.settle()
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: '1' } })
  })

  test("fields that we do not state are others' to set", async () => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    m1.writes.length = 0
    await meddle(m1, configMaps, 'settings', { data: { more: 'x' }, metadata: { labels: { team: 'a' } } })
    await t.env.advance(60_000)
    expect(m1.writes).toEqual([])
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: '1', more: 'x' } })
  })

  test('Correct gives up after six times a minute, naming the manager, and goes on later', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null })
    m1.writes.length = 0
    for (let i = 0; i < 9; i++) {
      await meddle(m1, configMaps, 'settings', { data: { a: `rival-${i}` } }, 'rival')
      await t.env.advance(100)
    }
    await t.settle()
    expect(m1.writes).toHaveLength(6)
    expect(await outcome(settings)).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/Conflicted: rival/),
    })
    await t.env.advance(61_000)
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: '1' } })
  })

  test('Correct goes on correcting what others than the rival change, and counts each of them for itself', async () => {
    const settings = await t.place(aConfigMap('settings', { a: '1', b: '1', c: '1' }), configMaps, { m1: null })
    for (let i = 0; i < 8; i++) {
      await meddle(m1, configMaps, 'settings', { data: { a: `rival-${i}` } }, 'rival')
      await t.env.advance(100)
    }
    await meddle(m1, configMaps, 'settings', { data: { b: 'changed', c: null } }, 'somebody-else')
    await t.settle()
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: 'rival-7', b: '1', c: '1' } })
    expect(await outcome(settings)).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/^Conflicted: rival keeps changing ConfigMap shop\/settings: data\.a: [^;]*$/),
    })
    await t.env.advance(61_000)
    expect(await outcome(settings)).toMatchObject({ state: 'Applied' })
  })

  test('Correct waits longer each time that a rival does not leave off, and forgets it once it has', async () => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    m1.writes.length = 0
    const fightFor = async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        await meddle(m1, configMaps, 'settings', { data: { a: `rival-${i}` } }, 'rival')
        await t.env.advance(1_000)
      }
      return m1.writes.splice(0).length
    }
    // 6 at once, then one after each of 1, 2, 4 and 8 minutes.
    expect(await fightFor(20 * 60)).toBe(10)
    await t.env.advance(15 * 60_000)
    m1.writes.length = 0
    expect(await fightFor(30)).toBe(6)
  })

  test('Report leaves the field, lists it, and still applies the rest', async () => {
    const settings = await t.place(
      aConfigMap('settings', { a: '1', b: '1' }),
      configMaps,
      { m1: null },
      await aPolicy({ drift: { mode: 'Report' } }),
    )
    await meddle(m1, configMaps, 'settings', { data: { a: 'changed' } })
    await t.settle()
    expect(await outcome(settings)).toMatchObject({
      state: 'Applied',
      drift: expect.stringMatching(/data\.a: wanted "1", found "changed" \(kubectl-edit\)/),
    })
    const live = await t.api.get(configMaps, inShop('settings'))
    await t.api.update(configMaps, { ...live, data: { a: '1', b: '2' } })
    await t.settle()
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: 'changed', b: '2' } })
  })

  test('ignored fields are not stated again once somebody else owns them', async () => {
    const policy = await aPolicy({ drift: { ignoreFields: ['data.a'] } })
    await t.place(aConfigMap('settings', { a: '1', b: '1' }), configMaps, { m1: null }, policy)
    await meddle(m1, configMaps, 'settings', { data: { a: 'theirs', b: 'theirs' } })
    await t.settle()
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ data: { a: 'theirs', b: '1' } })
    m1.writes.length = 0
    await t.env.advance(60_000)
    expect(m1.writes).toEqual([])
  })

  test('values of Secrets are in no message', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: inShop('key'), data: { token: 'aHVudGVyMg==' } }
    await m1.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await m1.api.create(secrets, { ...secret, data: { token: 'b3RoZXI=' } } as KubeObject)
    const placed = await t.place(secret, secrets, { m1: null })
    const { message } = (await outcome(placed)) ?? {}
    expect(message).toMatch(/data\.token/)
    expect(message).not.toMatch(/aHVudGVy|b3RoZXI/)
  })

  test('a scaler keeps its replicas, and what it decided is reported', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 2 })
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: inShop('web'), spec: { replicas: 5 } }
    await m1.api.update(deployments, scale as KubeObject, {
      subresource: 'scale',
      fieldManager: 'kube-controller-manager',
    })
    await t.env.advance(10_000)
    expect(valueAt(await m1.get(deployments, 'web'), 'spec', 'replicas')).toBe(5)
    expect(await outcome(web)).toMatchObject({ state: 'Applied', replicas: 5 })
    const live = await t.api.get(deployments, inShop('web'))
    await t.api.update(deployments, { ...live, metadata: { ...live.metadata, labels: { v: '2' } } })
    await t.settle()
    expect(await m1.get(deployments, 'web')).toMatchObject({ spec: { replicas: 5 }, metadata: { labels: { v: '2' } } })
  })
})

describe('delivery removes', () => {
  const removal = (template: KubeObject, cluster: string) => {
    const { uid, ...object } = refOf(template)
    return { cluster, id: `id-${cluster}`, object, templateUID: uid, reason: 'Test', since: '2026-01-01T00:00:00Z' }
  }

  test('what a decision dropped, on the evidence that it recorded, which is then cleared', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    await t.decide(web, { m2: 1 }, { removals: [removal(web, 'm1')] })
    expect(await m1.get(deployments, 'web')).toBeUndefined()
    expect(await m2.get(deployments, 'web')).toBeDefined()
    expect((await t.binding(web)).spec.removals).toEqual([])
  })

  test('nothing without evidence: a decision that no longer names a cluster does not empty it', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    m1.writes.length = 0
    await t.decide(web, { m2: 1 })
    await t.env.advance(60_000)
    expect(m1.writes).toEqual([])
    expect(await m1.get(deployments, 'web')).toBeDefined()
  })

  test('nothing that another binding claims', async () => {
    const settings = await t.api.create(configMaps, aConfigMap('settings'))
    const followers = [{ ref: refOf(settings) }]
    const web = await t.place(aDeployment('web'), deployments, { m1: 1 }, { followers })
    await t.place(aDeployment('api'), deployments, { m1: 1 }, { followers })
    await t.api.delete(deployments, inShop('web'), { propagationPolicy: 'Background' })
    await t.env.advance(10_000)
    expect(await m1.get(deployments, 'web')).toBeUndefined()
    expect(await m1.get(configMaps, 'settings')).toBeDefined()
    await expect(t.binding(web)).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('what was placed, once the template is deleted, and the binding goes last', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    await t.api.delete(deployments, inShop('web'), { propagationPolicy: 'Background' })
    await t.env.advance(10_000)
    expect([await m1.get(deployments, 'web'), await m2.get(deployments, 'web')]).toEqual([undefined, undefined])
    await expect(t.binding(web)).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('nothing when only the binding was deleted', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1 })
    const { metadata } = await t.binding(web)
    await t.api.delete(resourceBindingResource, { namespace: 'shop', name: metadata.name })
    await t.env.advance(10_000)
    await expect(t.binding(web)).rejects.toMatchObject({ code: 'NotFound' })
    expect(await m1.get(deployments, 'web')).toBeDefined()
  })

  test('nothing that does not carry the UID of its template', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    await t.decide(web, { m2: 1 }, { removals: [{ ...removal(web, 'm1'), templateUID: 'another' }] })
    expect(await m1.get(deployments, 'web')).toBeDefined()
    expect((await t.binding(web)).spec.removals).toEqual([])
  })

  test('from a member that was away when it comes back, also after a restart', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    m1.simulated.faults.stop()
    await t.env.advance(30_000)
    await t.decide(settings, { m2: null }, { removals: [removal(settings, 'm1')] })
    await t.restart()
    expect((await t.binding(settings)).spec.removals).toHaveLength(1)
    m1.simulated.faults.start()
    await t.env.advance(120_000)
    expect(await m1.get(configMaps, 'settings')).toBeUndefined()
    expect((await t.binding(settings)).spec.removals).toEqual([])
  })

  test('what a finalizer holds back, as done once that is gone, though nothing watches its kind any more', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    await meddle(m1, configMaps, 'settings', { metadata: { finalizers: ['example.com/slow'] } })
    await t.decide(settings, { m2: null }, { removals: [removal(settings, 'm1')] })
    await t.restart()
    expect((await m1.get(configMaps, 'settings'))?.metadata.deletionTimestamp).toBeDefined()
    expect((await t.binding(settings)).spec.removals).toHaveLength(1)
    await meddle(m1, configMaps, 'settings', { metadata: { finalizers: null } })
    await t.env.advance(30_000)
    expect((await t.binding(settings)).spec.removals).toEqual([])
  })

  test('nothing from a cluster that carries the name of another', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    m1.writes.length = 0
    await t.decide(web, { m2: 1 }, { removals: [{ ...removal(web, 'm1'), id: 'the-old-m1' }] })
    await t.settle()
    expect(m1.writes).toEqual([])
    expect((await t.binding(web)).spec.removals).toEqual([])
  })

  test('copies adopted by a template that was created anew under the name', async () => {
    const old = await t.place(aConfigMap('settings'), configMaps, { m1: null })
    const { uid } = (await m1.get(configMaps, 'settings'))?.metadata ?? {}
    t.fences.set('m1', { mayWrite: () => false, end: () => Promise.resolve() })
    await t.api.delete(configMaps, inShop('settings'))
    await t.settle()
    const fresh = await t.api.create(configMaps, aConfigMap('settings', { a: '2' }))
    const binding = await t.binding(old)
    const { resourceVersion: _, uid: __, deletionTimestamp: ___, ...metadata } = binding.metadata
    const workloads = [{ ref: refOf(fresh), components: [] }]
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', uid: fresh.metadata.uid ?? '' }]
    await t.api.create(resourceBindingResource, {
      ...binding,
      metadata: { ...metadata, name: 'fresh', ownerReferences },
      spec: { ...binding.spec, workloads },
    })
    t.fences.set('m1', { mayWrite: () => true, end: () => Promise.resolve() })
    await t.env.advance(120_000)
    expect(await m1.get(configMaps, 'settings')).toMatchObject({ metadata: { uid }, data: { a: '2' } })
  })

  test('never a CustomResourceDefinition by itself, nor a namespace', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null })
    const object = { apiVersion: 'v1', kind: 'Namespace', name: 'shop' }
    const removals = [{ ...removal(settings, 'm1'), object, templateUID: settings.metadata.uid ?? '' }]
    await t.decide(settings, { m1: null }, { removals })
    await t.env.advance(10_000)
    expect(await m1.get(namespaces, 'shop')).toBeDefined()
  })

  test('orphans what a policy wants preserved: label, annotations and our ownership go, fields stay', async () => {
    const policy = await aPolicy({ preserveResourcesOnDeletion: true })
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null }, policy)
    await t.api.delete(configMaps, inShop('settings'))
    await t.env.advance(10_000)
    const left = await m1.get(configMaps, 'settings')
    expect(left?.['data']).toEqual({ a: '1' })
    expect(left?.metadata.labels?.[hubLabel]).toBeUndefined()
    expect(left?.metadata.annotations?.[appliedAnnotation]).toBeUndefined()
    expect((left?.metadata.managedFields ?? []).map(({ manager }) => manager)).not.toContain('flotilla')
    await expect(t.binding(settings)).rejects.toMatchObject({ code: 'NotFound' })
  })
})

describe('delivery keeps its hands off', () => {
  test('a suspended cluster', async () => {
    await t.api.patch(clusterResource, { name: 'm1' }, { type: 'merge', patch: { spec: { suspend: true } } })
    const web = await t.place(aDeployment('web'), deployments, { m1: 1, m2: 1 })
    expect(m1.writes).toEqual([])
    expect(await outcome(web)).toMatchObject({ state: 'Suspended' })
    await t.api.patch(clusterResource, { name: 'm1' }, { type: 'merge', patch: { spec: { suspend: false } } })
    await t.settle()
    expect(await m1.get(deployments, 'web')).toBeDefined()
  })

  test('clusters on which the policy suspends dispatching', async () => {
    const policy = await aPolicy({ suspension: { dispatchingOnClusters: { clusterNames: ['m1'] } } })
    await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null }, policy)
    expect(m1.writes).toEqual([])
    expect(await m2.get(configMaps, 'settings')).toBeDefined()
  })

  test('a member on which our claim is not held', async () => {
    t.fences.set('m1', { mayWrite: () => false, end: () => Promise.resolve() })
    await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    expect(m1.writes).toEqual([])
    t.fences.set('m1', { mayWrite: () => true, end: () => Promise.resolve() })
    t.fences.changed('m1')
    await t.settle()
    expect(await m1.get(configMaps, 'settings')).toBeDefined()
  })

  test('a finished Job that is gone from the member', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: inShop('once'),
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } } },
    }
    await t.place(job, jobs, { m1: { replicas: 1, completions: 1 } })
    const conditions = [{ type: 'Complete', status: 'True' }]
    await m1.api.patch(
      jobs,
      inShop('once'),
      { type: 'merge', patch: { status: { conditions } } },
      { subresource: 'status' },
    )
    await t.settle()
    await m1.api.delete(jobs, inShop('once'))
    await t.env.advance(60_000)
    expect(await m1.get(jobs, 'once')).toBeUndefined()
    await t.restart()
    expect(await m1.get(jobs, 'once')).toBeUndefined()
  })

  test('a dead member delays no other', async () => {
    m1.simulated.faults.cut()
    await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    expect(await m2.get(configMaps, 'settings')).toBeDefined()
  })
})

describe('delivery moves', () => {
  test('a shrinking cluster holds what it had until the move is ended', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 3, m2: 1 })
    await t.decide(web, { m1: { replicas: 1, from: 3 }, m2: { replicas: 3, from: 1 } })
    expect(valueAt(await m1.get(deployments, 'web'), 'spec', 'replicas')).toBe(3)
    expect(valueAt(await m2.get(deployments, 'web'), 'spec', 'replicas')).toBe(3)
    await t.decide(web, { m1: { replicas: 1 }, m2: { replicas: 3 } })
    expect(valueAt(await m1.get(deployments, 'web'), 'spec', 'replicas')).toBe(1)
  })

  test('a dropped cluster keeps its copy as long as the decision names it', async () => {
    const web = await t.place(aDeployment('web'), deployments, { m1: 2 })
    await t.decide(web, { m1: { replicas: 0, from: 2 }, m2: { replicas: 2, from: 0 } })
    expect(valueAt(await m1.get(deployments, 'web'), 'spec', 'replicas')).toBe(2)
  })
})

function aDefinition(): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'toys.toys.io' },
    spec: {
      group: 'toys.io',
      scope: 'Namespaced',
      names: { plural: 'toys', singular: 'toy', kind: 'Toy', listKind: 'ToyList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
            },
          },
        },
      ],
    },
  }
}
