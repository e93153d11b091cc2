import { clusterResource } from '@flotilla/api/cluster'
import { expect, test } from 'vitest'
import { startWholeFleet } from '../../../test/whole-fleet.ts'

test('createHealthController() says nothing of a cluster that is dropped while it is probed', async () => {
  const fleet = await startWholeFleet(['eu'])
  fleet.members.get('eu')?.faults.cut()
  // The third miss in a row, which is written, is on its way.
  await fleet.env.advance(27_000)
  await fleet.api.delete(clusterResource, { name: 'eu' })
  await fleet.api.patch(clusterResource, { name: 'eu' }, { type: 'merge', patch: { metadata: { finalizers: null } } })
  await fleet.env.advance(10_000)
  const told = fleet.env.logs.filter(({ fields }) => fields['controller'] === 'cluster-health')
  expect(told.map(({ level, message }) => `${level}: ${message}`)).toEqual([])
  await fleet[Symbol.asyncDispose]()
})
