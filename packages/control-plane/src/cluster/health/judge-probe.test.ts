import { FlotillaError } from '@flotilla/machinery/errors'
import { describe, expect, test } from 'vitest'
import { judgeProbe } from './judge-probe.ts'
import type { HealthState, ProbeResult } from './judge-probe.ts'

const member = { name: 'eu-1', id: 'id-1' }
const fresh: HealthState = { misses: 0, lastAnswer: 0 }
const answered = (id = 'id-1'): ProbeResult => ({ kind: 'answered', id, version: 'v1.36.3', latencyMs: 4 })
const failed = (error: FlotillaError): ProbeResult => ({ kind: 'failed', error })
const refused = new FlotillaError('Unavailable', 'connection refused', { hop: 'connect' })

function statuses(state: HealthState, result: ProbeResult, now: number): Record<string, string> {
  const { conditions } = judgeProbe(member, state, result, now)
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]))
}

describe('judgeProbe()', () => {
  test('makes a member that answers Ready', () => {
    expect(statuses({ misses: 7, lastAnswer: 0 }, answered(), 90_000)).toEqual({
      Reachable: 'True Answered',
      Authorized: 'True Accepted',
      Ready: 'True Healthy',
    })
  })

  test('never takes another cluster at the same address for the member', () => {
    const { conditions } = judgeProbe(member, fresh, answered('id-2'), 5_000)
    const ready = conditions.find((condition) => condition.type === 'Ready')
    expect(ready).toMatchObject({ status: 'False', reason: 'IdentityChanged' })
    expect(ready?.message).toContain('id-1')
    expect(ready?.message).toContain('id-2')
  })

  test('changes nothing at the first and second miss', () => {
    const first = judgeProbe(member, fresh, failed(refused), 5_000)
    expect(first).toEqual({ state: { misses: 1, lastAnswer: 0 }, conditions: [] })
    expect(judgeProbe(member, first.state, failed(refused), 10_000).conditions).toEqual([])
  })

  test('makes reachability Unknown at the third miss, naming the hop, and Ready False after 30 s', () => {
    expect(statuses({ misses: 2, lastAnswer: 0 }, failed(refused), 15_000)).toEqual({
      Reachable: 'Unknown NoAnswer',
      Authorized: 'Unknown NoAnswer',
    })
    const { conditions } = judgeProbe(member, { misses: 5, lastAnswer: 0 }, failed(refused), 30_000)
    expect(conditions.map((condition) => condition.type)).toEqual(['Reachable', 'Authorized', 'Ready'])
    expect(conditions[2]?.message).toContain('(connect)')
    expect(conditions[2]?.message).toContain('flotilla doctor cluster eu-1')
  })

  test('says the same at every further miss, so that nothing is written', () => {
    const at = (now: number, misses: number) =>
      judgeProbe(member, { misses, lastAnswer: 0 }, failed(refused), now).conditions
    expect(at(60_000, 11)).toEqual(at(65_000, 12))
  })

  test('tells refused credentials and missing rights at once', () => {
    const unauthenticated = failed(new FlotillaError('Unauthenticated', 'the token has expired'))
    expect(statuses(fresh, unauthenticated, 5_000)).toMatchObject({
      Reachable: 'True Answered',
      Authorized: 'False CredentialsRefused',
      Ready: 'False CredentialsRefused',
    })
    const forbidden = failed(new FlotillaError('Forbidden', 'namespaces is forbidden'))
    expect(statuses(fresh, forbidden, 5_000)).toMatchObject({ Authorized: 'False RightsMissing' })
  })
})
