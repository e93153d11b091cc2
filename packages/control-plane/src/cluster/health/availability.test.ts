import type { ClusterHealth } from '@flotilla/api/cluster'
import { timestamp } from '@flotilla/runtime/timestamp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMiss, dwellOf, nextHealth, nextStep, type Observation } from './availability.ts'
import { defaultHealthOptions as options } from './judge-probe.ts'

type State = ClusterHealth['state']

const now = Date.parse('2026-03-01T12:00:00Z')
const ago = (seconds: number) => timestamp(now - seconds * 1_000)
const answered: Observation = { kind: 'answered' }

function silent(misses: number, isDisputed = false): Observation {
  return { kind: 'silent', silence: { misses, lastedMs: misses * 5_000, probedAt: 0 }, isDisputed }
}

function was(state: State, seconds = 600, losses: readonly string[] = []): ClusterHealth {
  return { state, since: ago(seconds), losses }
}

const lostOnce = [ago(15)]

describe('nextHealth()', () => {
  test.each<{ name: string; given: ClusterHealth | undefined; seen: Observation; want: State | undefined }>([
    { name: 'a new member that answers is Healthy', given: undefined, seen: answered, want: 'Healthy' },
    { name: 'a new member that was asked once is nothing yet', given: undefined, seen: silent(1), want: undefined },
    { name: 'one miss alone changes nothing', given: was('Healthy'), seen: silent(1), want: 'Healthy' },
    { name: 'two misses make it Suspect', given: was('Healthy'), seen: silent(2), want: 'Suspect' },
    { name: 'an answer ends the suspicion', given: was('Suspect'), seen: answered, want: 'Healthy' },
    { name: 'three misses make it Unreachable', given: was('Suspect'), seen: silent(3), want: 'Unreachable' },
    {
      name: '25 s of silence are not enough',
      given: was('Unreachable', 10, lostOnce),
      seen: silent(5),
      want: 'Unreachable',
    },
    {
      name: '30 s of silence make it Failed',
      given: was('Unreachable', 15, lostOnce),
      seen: silent(6),
      want: 'Failed',
    },
    {
      name: 'of a second loss within an hour it takes a minute longer',
      given: was('Unreachable', 75, [ago(1_800), ago(75)]),
      seen: silent(17),
      want: 'Unreachable',
    },
    {
      name: 'and then it is Failed',
      given: was('Unreachable', 75, [ago(1_800), ago(75)]),
      seen: silent(18),
      want: 'Failed',
    },
    {
      name: 'losses of more than an hour ago do not count',
      given: was('Unreachable', 15, [ago(3_601), ago(15)]),
      seen: silent(6),
      want: 'Failed',
    },
    { name: 'a disputed silence keeps it Suspect', given: was('Suspect'), seen: silent(9, true), want: 'Suspect' },
    {
      name: 'a dispute keeps it from being Failed',
      given: was('Unreachable'),
      seen: silent(60, true),
      want: 'Unreachable',
    },
    {
      name: 'what was Unreachable before we started is so until we have seen 30 s of silence ourselves',
      given: was('Unreachable', 86_400),
      seen: silent(2),
      want: 'Unreachable',
    },
    {
      name: 'what was Failed before we started stays so',
      given: was('Failed', 86_400),
      seen: silent(1),
      want: 'Failed',
    },
    { name: 'an answer makes it Recovering', given: was('Failed'), seen: answered, want: 'Recovering' },
    {
      name: 'an answer of what was not given up makes it Recovering too',
      given: was('Unreachable'),
      seen: answered,
      want: 'Recovering',
    },
    { name: '29 s of answers are not enough', given: was('Recovering', 29), seen: answered, want: 'Recovering' },
    { name: '30 s of answers make it Healthy', given: was('Recovering', 30), seen: answered, want: 'Healthy' },
    {
      name: 'after three losses it takes two minutes',
      given: was('Recovering', 119, [ago(900), ago(600), ago(300)]),
      seen: answered,
      want: 'Recovering',
    },
    {
      name: 'misses while it recovers are a loss again',
      given: was('Recovering'),
      seen: silent(3),
      want: 'Unreachable',
    },
  ])('$name', ({ given, seen, want }) => {
    expect(nextHealth(given, seen, now, options)?.state).toBe(want)
  })

  test('says the same again when nothing changed, so that nothing is written', () => {
    const given = was('Healthy')
    expect(nextHealth(given, answered, now, options)).toBe(given)
    const failed = was('Failed')
    expect(nextHealth(failed, silent(100), now, options)).toBe(failed)
  })

  test.each(['Healthy', 'Recovering'] as const)(
    'counts from now for what is %s since later: the clock was put back',
    (state) => {
      const seen = nextHealth(was(state, -3_600), answered, now, options)
      expect(seen).toMatchObject({ state, since: ago(0) })
    },
  )

  test('damps nothing by losses of a clock that was put back', () => {
    const losses = [ago(-7_200), ago(-7_100), ago(-7_000)]
    expect(nextHealth(was('Recovering', 31, losses), answered, now, options)?.state).toBe('Healthy')
  })

  test('remembers since when it is silent, and when it was lost', () => {
    const suspect = nextHealth(was('Healthy'), silent(2), now, options)
    expect(suspect).toEqual({ state: 'Suspect', since: ago(0), silentSince: ago(10) })
    const lost = nextHealth(suspect, silent(3), now + 5_000, options)
    expect(lost).toEqual({ state: 'Unreachable', since: ago(-5), silentSince: ago(10), losses: [ago(-5)] })
    expect(nextHealth(lost, answered, now + 6_000, options)).toEqual({
      state: 'Recovering',
      since: ago(-6),
      losses: [ago(-5)],
    })
  })

  const follows: Readonly<Record<State, readonly State[]>> = {
    Healthy: ['Suspect'],
    Suspect: ['Healthy', 'Unreachable'],
    Unreachable: ['Failed', 'Recovering'],
    Failed: ['Recovering'],
    Recovering: ['Healthy', 'Unreachable'],
  }
  const states = Object.keys(follows) as State[]
  const records = fc.record({
    state: fc.constantFrom(...states),
    since: fc.integer({ min: 0, max: 7_200 }).map(ago),
    losses: fc.array(fc.integer({ min: 0, max: 7_200 }).map(ago), { maxLength: 6 }),
  })
  const misses = fc.integer({ min: 1, max: 1_000 })
  const observations = fc.oneof(
    fc.constant(answered),
    fc.tuple(misses, fc.boolean()).map(([count, isDisputed]) => silent(count, isDisputed)),
  )

  test('skips no state', () => {
    fc.assert(
      fc.property(records, observations, (given, seen) => {
        const next = nextStep(given, seen, now, options).state
        expect(next === given.state || follows[given.state].includes(next)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  const rank = ['Healthy', 'Recovering', 'Suspect', 'Unreachable', 'Failed']
  test('makes nothing better of silence, nothing worse of answers, and nothing better of more silence', () => {
    fc.assert(
      fc.property(records, misses, misses, (given, some, more) => {
        const rankAfter = (seen: Observation) => rank.indexOf(nextHealth(given, seen, now, options)?.state ?? '')
        const before = rank.indexOf(given.state)
        expect(rankAfter(silent(some))).toBeGreaterThanOrEqual(before)
        expect(rankAfter(answered)).toBeLessThanOrEqual(before)
        expect(rankAfter(silent(some + more))).toBeGreaterThanOrEqual(rankAfter(silent(some)))
      }),
      { numRuns: 1_000 },
    )
  })

  test('ends: after answers for an hour and a half everything is Healthy', () => {
    fc.assert(
      fc.property(records, (given) => {
        let health: ClusterHealth | undefined = given
        for (let at = 0; at <= 5_400; at += 5) health = nextHealth(health, answered, now + at * 1_000, options)
        expect(health?.state).toBe('Healthy')
      }),
      { numRuns: 50 },
    )
  })
})

describe('addMiss()', () => {
  test('counts only time in which members were probed', () => {
    const first = addMiss({ misses: 0, lastedMs: 0, probedAt: 0 }, 5_000, 5_000)
    expect(first).toEqual({ misses: 1, lastedMs: 5_000, probedAt: 5_000 })
    expect(addMiss(first, 3_605_000, 5_000)).toEqual({ misses: 2, lastedMs: 20_000, probedAt: 3_605_000 })
  })
})

describe('dwellOf()', () => {
  test('is nothing the first time, then doubles up to an hour', () => {
    expect([0, 1, 2, 3, 4, 9].map(dwellOf)).toEqual([0, 0, 60_000, 120_000, 240_000, 3_600_000])
  })
})
