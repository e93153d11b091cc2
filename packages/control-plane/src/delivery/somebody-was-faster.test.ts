// Between our look and our write somebody else may act: what we then meet is theirs, or is as it was.
import { fieldManager, hubLabel } from '@flotilla/api/group'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, refOf, startFleet, type TestFleet, type TestMember } from '../../test/test-fleet.ts'

let t: TestFleet
let m1: TestMember

beforeEach(async () => {
  t = await startFleet()
  m1 = t.byName['m1'] as TestMember
  await m1.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
})
afterEach(() => t[Symbol.asyncDispose]())

const inShop = (name: string) => ({ namespace: 'shop', name })

/** The read after our first apply was refused finds nothing; then somebody creates what is there. */
function missOnce(): void {
  const gone = new FlotillaError('NotFound', 'configmaps "settings" not found', { name: 'settings' })
  let isMissed = false
  m1.lies.refuses = (resource) => {
    if (resource?.plural !== 'configmaps' || isMissed) return undefined
    isMissed = true
    return gone
  }
}

/** What becomes of `data.a: '1'` of ours once somebody has created `theirs`, as the binding and the member say. */
async function meet(theirs: KubeObject['data']) {
  const settings = await t.place(aConfigMap('settings', { a: '1' }), configMaps, { m1: null })
  const left = await m1.get(configMaps, 'settings')
  expect([left?.['data'], left?.metadata.labels?.[hubLabel]]).toEqual([theirs, undefined])
  expect(left?.metadata.managedFields?.map(({ manager }) => manager)).not.toContain(fieldManager)
  return (await t.binding(settings)).status?.clusters?.[0]
}

describe('an object that somebody creates right before our apply', () => {
  test.each([{ a: 'theirs' }, { b: 'theirs' }])('is not adopted and does not change: %j', async (data) => {
    await t.place(aConfigMap('first'), configMaps, { m1: null })
    m1.writes.length = 0
    m1.lies.beforeApply = async () => {
      m1.lies.beforeApply = undefined
      await m1.api.create(configMaps, aConfigMap('settings', data))
    }
    expect(await meet(data)).toMatchObject({ state: 'Failed', message: expect.stringMatching(/not ours/) as string })
    expect(m1.writes).toEqual([{ verb: 'apply', resource: 'configmaps', name: 'settings' }])
  })

  test('is adopted by one more request when all that we state holds there', async () => {
    m1.lies.beforeApply = async () => {
      m1.lies.beforeApply = undefined
      await m1.api.create(configMaps, aConfigMap('settings', { a: '1', b: 'theirs' }))
    }
    await t.place(aConfigMap('settings', { a: '1' }), configMaps, { m1: null })
    const left = await m1.get(configMaps, 'settings')
    expect([left?.['data'], left?.metadata.labels?.[hubLabel]]).toEqual([{ a: '1', b: 'theirs' }, t.hub.id])
  })
})

test('an object that nobody has yet is created by one request', async () => {
  const asked: string[] = []
  m1.lies.refuses = (resource) => {
    asked.push(resource?.plural ?? '')
    return undefined
  }
  await t.place(aConfigMap('first'), configMaps, { m1: null })
  asked.length = 0
  m1.writes.length = 0
  await t.place(aConfigMap('second'), configMaps, { m1: null })
  expect(asked).toEqual([])
  expect(m1.writes).toEqual([{ verb: 'apply', resource: 'configmaps', name: 'second' }])
})

test.each(['Conflict', 'Unknown'] as const)(
  'an object goes to a member that answers %s to any version',
  async (code) => {
    m1.lies.beforeApply = (_, { metadata }) => {
      if (metadata.resourceVersion !== undefined) throw new FlotillaError(code, 'no version should be set')
    }
    await t.place(aConfigMap('settings', { a: '1' }), configMaps, { m1: null })
    expect((await m1.get(configMaps, 'settings'))?.['data']).toEqual({ a: '1' })
  },
)

describe('an object that somebody creates between our read and our apply', () => {
  test('stays theirs: our apply was not forced, and leaves no mark', async () => {
    await t.place(aConfigMap('first'), configMaps, { m1: null })
    const theirs = await m1.api.create(configMaps, aConfigMap('settings', { a: 'theirs', b: '1' }))
    missOnce()
    const settings = await t.place(aConfigMap('settings', { a: '1' }), configMaps, { m1: null })
    await t.settle()
    const left = await m1.get(configMaps, 'settings')
    expect(left).toMatchObject({ metadata: { uid: theirs.metadata.uid }, data: { a: 'theirs', b: '1' } })
    expect(left?.metadata.labels?.[hubLabel]).toBeUndefined()
    expect((await t.binding(settings)).status?.clusters?.[0]).toMatchObject({
      state: 'Failed',
      message: expect.stringMatching(/not ours.*data\.a/) as string,
    })
  })

  test('is left as it was when our apply met no conflict', async () => {
    await t.place(aConfigMap('first'), configMaps, { m1: null })
    await m1.api.create(configMaps, aConfigMap('settings', { b: 'theirs' }))
    missOnce()
    const settings = await t.place(aConfigMap('settings', { a: '1' }), configMaps, { m1: null })
    await t.settle()
    const left = await m1.get(configMaps, 'settings')
    expect(left?.['data']).toEqual({ b: 'theirs' })
    expect(left?.metadata.labels?.[hubLabel]).toBeUndefined()
    expect((await t.binding(settings)).status?.clusters?.[0]).toMatchObject({ state: 'Failed' })
    await t.api.delete(configMaps, inShop('settings'))
    await t.env.advance(60_000)
    expect((await m1.get(configMaps, 'settings'))?.['data']).toEqual({ b: 'theirs' })
  })
})

describe('a deletion', () => {
  const removalOf = (template: KubeObject) => {
    const { uid, ...object } = refOf(template)
    return { cluster: 'm1', id: 'id-m1', object, templateUID: uid, reason: 'Test', since: '2026-01-01T00:00:00Z' }
  }

  test('demands the UID of the copy that was seen', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    const { uid } = (await m1.get(configMaps, 'settings'))?.metadata ?? {}
    m1.writes.length = 0
    await t.decide(settings, { m2: null }, { removals: [removalOf(settings)] })
    expect(m1.writes).toEqual([{ verb: 'delete', resource: 'configmaps', name: 'settings', uid }])
  })

  test.each([null, 'another-hub'])('leaves a copy whose label is %s, though the watch says nothing', async (label) => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    m1.lies.hides = ({ plural }) => plural === 'configmaps'
    const patch = { metadata: { labels: { [hubLabel]: label } } }
    await m1.api.patch(configMaps, inShop('settings'), { type: 'merge', patch })
    await t.api.delete(configMaps, inShop('settings'))
    await t.env.advance(20_000)
    expect(await m1.get(configMaps, 'settings')).toBeDefined()
  })

  test('leaves a copy whose label was taken off between our read and our write', async () => {
    await t.place(aConfigMap('settings'), configMaps, { m1: null })
    const labelled = (await m1.get(configMaps, 'settings')) as KubeObject
    m1.lies.hides = ({ plural }) => plural === 'configmaps'
    const patch = { metadata: { labels: { [hubLabel]: null } } }
    await m1.api.patch(configMaps, inShop('settings'), { type: 'merge', patch })
    let reads = 0
    m1.lies.get = ({ plural }, object) => (plural === 'configmaps' && ++reads === 1 ? labelled : object)
    await t.api.delete(configMaps, inShop('settings'))
    await t.env.advance(20_000)
    expect(reads).toBeGreaterThan(1)
    expect(await m1.get(configMaps, 'settings')).toBeDefined()
  })

  test('leaves a copy that somebody made anew without our marks', async () => {
    const settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
    m1.simulated.faults.cut()
    await t.decide(settings, { m2: null }, { removals: [removalOf(settings)] })
    await m1.api.delete(configMaps, inShop('settings'))
    const anew = await m1.api.create(configMaps, aConfigMap('settings', { a: 'anew' }))
    m1.simulated.faults.heal()
    await t.env.advance(60_000)
    expect((await m1.get(configMaps, 'settings'))?.metadata.uid).toBe(anew.metadata.uid)
    expect((await t.binding(settings)).spec.removals).toEqual([])
  })
})
