// What waits for the request budget of a member is checked when it is sent, not only when it was planned.
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, refOf, startFleet, type TestFleet, type TestMember } from '../../test/test-fleet.ts'

let t: TestFleet
let m1: TestMember
let settings: KubeObject

beforeEach(async () => {
  t = await startFleet()
  m1 = t.byName['m1'] as TestMember
  settings = await t.place(aConfigMap('settings'), configMaps, { m1: null, m2: null })
  m1.writes.length = 0
})
afterEach(() => t[Symbol.asyncDispose]())

/** Requests to m1 wait for about six seconds, as after a storm of 429. */
function exhaust(): void {
  const { signal } = new AbortController()
  for (let taken = 0; taken < 6_000; taken++) void t.members.get('m1')?.budget.take(signal)
}

/** Has the deletion wait, once its live read was answered. */
function exhaustAfterRead(): void {
  m1.lies.get = (_, object) => {
    m1.lies.get = undefined
    exhaust()
    return object
  }
}

function loseClaim(): void {
  t.fences.set('m1', { mayWrite: () => false, end: () => Promise.resolve() })
  t.fences.changed('m1')
}

function dropFromM1(): Promise<void> {
  const { uid, ...object } = refOf(settings)
  const removal = {
    cluster: 'm1',
    id: 'id-m1',
    object,
    templateUID: uid,
    reason: 'Test',
    since: '2026-01-01T00:00:00Z',
  }
  return t.decide(settings, { m2: null }, { removals: [removal] })
}

describe('a deletion that waited is not sent', () => {
  test('once our claim on the member is lost', async () => {
    exhaustAfterRead()
    await dropFromM1()
    loseClaim()
    await t.env.advance(60_000)
    expect(m1.writes).toEqual([])
  })

  test('once a binding claims the object again', async () => {
    exhaustAfterRead()
    await dropFromM1()
    await t.decide(settings, { m1: null, m2: null }, { removals: [] })
    await t.env.advance(60_000)
    expect(m1.writes).toEqual([])
    expect((await t.binding(settings)).status?.clusters?.[0]).toMatchObject({ name: 'm1', state: 'Applied' })
  })

  test('and is sent when nothing has changed', async () => {
    exhaustAfterRead()
    await dropFromM1()
    expect(m1.writes).toEqual([])
    await t.env.advance(10_000)
    expect(m1.writes).toMatchObject([{ verb: 'delete', name: 'settings' }])
  })
})

test('an apply that waited is not sent once our claim on the member is lost', async () => {
  exhaust()
  await t.api.patch(configMaps, settings.metadata, { type: 'merge', patch: { data: { a: '2' } } })
  await t.settle()
  loseClaim()
  await t.env.advance(60_000)
  expect(m1.writes).toEqual([])
})
