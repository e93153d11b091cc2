// A write that is on its way when what is wanted changes says nothing of what is wanted now.
import { deployments } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { objectIdOf } from '../object-id.ts'
import { aDeployment, refOf, startFleet, type TestFleet, type TestMember } from '../../test/test-fleet.ts'

let fleet: TestFleet
let m1: TestMember

beforeEach(async () => {
  fleet = await startFleet(['m1'])
  m1 = fleet.byName['m1'] as TestMember
})
afterEach(() => fleet[Symbol.asyncDispose]())

test('an apply that is overtaken by another decision is no success of that decision', async () => {
  const web = await fleet.place(aDeployment('web'), deployments, { m1: 4 })
  const outcome = () => fleet.members.get('m1')?.outcomes.get(objectIdOf(refOf(web)))?.state ?? 'Pending'
  expect(outcome()).toBe('Applied')
  m1.simulated.faults.slow(5_000)
  m1.writes.length = 0
  await fleet.decide(web, { m1: 5 })
  await fleet.decide(web, { m1: 6 })
  expect(m1.writes).toHaveLength(1)
  await fleet.env.advance(2_000)
  expect([m1.writes.length, outcome()]).toEqual([2, 'Pending'])
  await fleet.env.advance(5_000)
  expect(outcome()).toBe('Applied')
})
