import { deployments } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startFleet, type TestFleet } from '../../test/test-fleet.ts'

let fleet: TestFleet

beforeEach(async () => {
  fleet = await startFleet(['m1'])
  await fleet.settle()
})
afterEach(() => fleet[Symbol.asyncDispose]())

const unserved = [
  { apiVersion: 'one.example.com/v1', kind: 'One' },
  { apiVersion: 'two.example.com/v1', kind: 'Two' },
]

test('MemberSession does not ask without end for kinds that the member does not serve', async () => {
  const session = fleet.members.get('m1')
  if (!session) throw new Error('there is no session')
  let told = 0
  session.onKind(() => {
    // What delivery does when it is told of a kind: it opens all that its bindings name.
    if (++told > 100) throw new Error('it is told of kinds without end')
    for (const kind of unserved) session.open(kind)
  })
  // One after the other: the first is known not to be served when the second is told of.
  for (const kind of unserved) {
    session.open(kind)
    await fleet.settle()
  }
  expect(told).toBe(2)
  expect(session.kindState('one.example.com/One')).toBe('Unserved')
})

test('MemberSession.openServed() watches a kind that was not served before', async () => {
  const session = fleet.members.get('m1')
  if (!session) throw new Error('there is no session')
  session.openServed({ apiVersion: 'apps/v1', kind: deployments.kind })
  await fleet.settle()
  expect(session.kindState('apps/Deployment')).toBe('Complete')
})
