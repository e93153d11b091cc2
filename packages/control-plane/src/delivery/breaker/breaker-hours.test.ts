// The breaker over hours: what counts within one, and what is held beyond it.
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { approvalOf } from './approval.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aConfigMap, startFleet, type TestFleet, type TestMember } from '../../../test/test-fleet.ts'

const minute = 60_000
const names = Array.from({ length: 24 }, (_, index) => `c${index}`)

let fleet: TestFleet

beforeEach(async () => {
  fleet = await startFleet(['m1'])
  for (const name of names) await fleet.place(aConfigMap(name), configMaps, { m1: null })
})
afterEach(() => fleet[Symbol.asyncDispose]())

const deleteOneByOne = async (some: readonly string[]) => {
  for (const name of some) {
    await fleet.api.delete(configMaps, { namespace: 'shop', name })
    await fleet.env.advance(3_000)
  }
}

const left = async () => {
  const member = fleet.byName['m1'] as TestMember
  const found = await Promise.all(names.map((name) => member.get(configMaps, name)))
  return found.filter((copy) => copy !== undefined).length
}

const held = async () => {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  return items.filter(({ spec }) => spec.removalHold !== undefined).length
}

test('what is held stays held for hours, and over restarts', async () => {
  for (const name of names) await fleet.api.delete(configMaps, { namespace: 'shop', name })
  await fleet.env.advance(minute)
  expect([await left(), await held()]).toEqual([24, 24])
  await fleet.restart()
  await fleet.env.advance(180 * minute)
  await fleet.restart()
  await fleet.env.advance(minute)
  expect([await left(), await held()]).toEqual([24, 24])
})

test('what is held stays held when few are left, and counts for what comes later, also over a restart', async () => {
  for (const name of names) await fleet.api.delete(configMaps, { namespace: 'shop', name })
  await fleet.env.advance(minute)
  await fleet.restart()
  const one = await fleet.place(aConfigMap('one'), configMaps, { m1: null })
  await fleet.api.delete(configMaps, { namespace: 'shop', name: one.metadata.name })
  await fleet.env.advance(minute)
  expect(await held()).toBe(25)
  const who = { by: 'kim', time: '2026-01-01T00:00:00Z' }
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  for (const binding of items.slice(0, 20)) {
    await fleet.api.patch(resourceBindingResource, binding.metadata, approvalOf(binding, who))
  }
  await fleet.env.advance(minute)
  await fleet.restart()
  await fleet.env.advance(minute)
  expect(await held()).toBe(5)
})

test('what went more than an hour ago counts no longer', async () => {
  await deleteOneByOne(names.slice(0, 12))
  await fleet.env.advance(61 * minute)
  for (let index = 0; index < 12; index++) await fleet.place(aConfigMap(`n${index}`), configMaps, { m1: null })
  for (const name of names.slice(12)) await fleet.api.delete(configMaps, { namespace: 'shop', name })
  await fleet.env.advance(minute)
  expect([await left(), await held()]).toEqual([0, 0])
})

test('what went within the hour counts, also of a hub that has few left', async () => {
  await deleteOneByOne(names)
  expect([await left(), await held()]).toEqual([4, 4])
})

test('what may go is not counted again, nor held, where a member is away for longer than an hour', async () => {
  const faults = fleet.byName['m1']?.simulated.faults
  faults?.cut()
  await deleteOneByOne(names.slice(0, 15))
  await fleet.env.advance(90 * minute)
  await deleteOneByOne(names.slice(15, 17))
  await fleet.restart()
  await deleteOneByOne(names.slice(17))
  faults?.heal()
  await fleet.env.advance(10 * minute)
  expect([await left(), await held()]).toEqual([0, 0])
})
