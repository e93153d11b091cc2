// Health is asked for on a connection of its own: whatever clogs the one that carries objects, the member is not dead.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { FlotillaError } from '@flotilla/machinery/errors'
import { describe, expect, test } from 'vitest'
import type { Lies } from '../../../test/lies.ts'
import { startWholeFleet } from '../../../test/whole-fleet.ts'

const silence = new FlotillaError('Timeout', 'no answer within 10 s')

describe('a member', () => {
  test.each([
    { name: 'stays Ready when only the connection for objects is silent', on: 'sync' as const, want: 'True' },
    { name: 'is not Ready when the connection for health is silent', on: 'probe' as const, want: 'False' },
  ])('$name', async ({ on, want }) => {
    await using fleet = await startWholeFleet(['eu'])
    Object.assign(fleet.lies['eu'] as Lies, { on, refuses: () => silence })
    await fleet.env.advance(120_000)
    const { status } = await fleet.api.get<Cluster>(clusterResource, { name: 'eu' })
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: want })
  })
})
