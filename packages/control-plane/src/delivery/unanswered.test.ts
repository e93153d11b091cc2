// A write that got no answer may have been carried out: what the cache says of the object is not believed before the
// member has been asked.
import { valueAt } from '@flotilla/machinery/untyped'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aDeployment, startFleet, type TestFleet, type TestMember } from '../../test/test-fleet.ts'

let fleet: TestFleet
let m1: TestMember

beforeEach(async () => {
  fleet = await startFleet(['m1'])
  m1 = fleet.byName['m1'] as TestMember
})
afterEach(() => fleet[Symbol.asyncDispose]())

test('an apply without an answer is found out when what was stated before is wanted again', async () => {
  const web = await fleet.place(aDeployment('web', { replicas: 6 }), deployments, { m1: 6 })
  m1.lies.hides = ({ kind }) => kind === deployments.kind
  m1.lies.loses = ({ kind }) => kind === deployments.kind
  await fleet.decide(web, { m1: 2 })
  expect(valueAt(await m1.get(deployments, 'web'), 'spec', 'replicas')).toBe(2)
  m1.lies.loses = undefined
  await fleet.decide(web, { m1: 6 })
  expect(valueAt(await m1.get(deployments, 'web'), 'spec', 'replicas')).toBe(6)
})
