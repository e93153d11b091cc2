// Restoring drift takes a small part of a member's budget, however much of it there is.
import { configMaps, deployments } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment, refOf, startFleet, type TestFleet, type TestMember } from '../../test/test-fleet.ts'

let t: TestFleet
let m1: TestMember

beforeEach(async () => {
  t = await startFleet(['m1'])
  m1 = t.byName['m1'] as TestMember
})
afterEach(() => t[Symbol.asyncDispose]())

describe('drift of 200 objects at once', () => {
  test('is restored at most 50 times a second, until all are', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `settings-${i}`)
    const followers = []
    for (const name of names) followers.push({ ref: refOf(await t.api.create(configMaps, aConfigMap(name))) })
    await t.place(aDeployment('web'), deployments, { m1: 1 }, { followers })
    await t.settle()
    m1.writes.length = 0
    for (const name of names) {
      await m1.api.patch(configMaps, { namespace: 'shop', name }, { type: 'merge', patch: { data: { a: 'x' } } })
    }
    await t.env.advance(1_000)
    expect(m1.writes.length).toBeGreaterThan(30)
    expect(m1.writes.length).toBeLessThanOrEqual(60)
    await t.env.advance(4_000)
    for (const name of names) expect(await m1.get(configMaps, name)).toMatchObject({ data: { a: '1' } })
    expect(m1.writes).toHaveLength(200)
  })
})
