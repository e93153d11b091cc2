import { describe, expect, test } from 'vitest'
import { isTimeZone, nextTime, problemWith } from './cron.ts'

describe('nextTime()', () => {
  test.each<{ schedule: string; zone: string; after: string; want: string | undefined }>([
    { schedule: '0 3 * * *', zone: 'UTC', after: '2026-01-01T02:59:59Z', want: '2026-01-01T03:00:00.000Z' },
    { schedule: '0 3 * * *', zone: 'UTC', after: '2026-01-01T03:00:00Z', want: '2026-01-02T03:00:00.000Z' },
    { schedule: '*/15 * * * *', zone: 'UTC', after: '2026-01-01T00:16:00Z', want: '2026-01-01T00:30:00.000Z' },
    { schedule: '30 9 * * 1', zone: 'UTC', after: '2026-01-01T00:00:00Z', want: '2026-01-05T09:30:00.000Z' },
    { schedule: '0 3 * * *', zone: 'Europe/Berlin', after: '2026-01-01T00:00:00Z', want: '2026-01-01T02:00:00.000Z' },
    { schedule: '0 3 * * *', zone: 'Europe/Berlin', after: '2026-07-01T00:00:00Z', want: '2026-07-01T01:00:00.000Z' },
    { schedule: '0 0 30 2 *', zone: 'UTC', after: '2026-01-01T00:00:00Z', want: undefined },
  ])('of $schedule in $zone after $after is $want', ({ schedule, zone, after, want }) => {
    const next = nextTime(schedule, zone, Date.parse(after))
    expect(next === undefined ? undefined : new Date(next).toISOString()).toBe(want)
  })

  test('comes once where a clock is put forward over it, and once where it is put back', () => {
    const days = ['2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z'].map((after) => {
      const first = nextTime('30 2 * * *', 'Europe/Berlin', Date.parse(after)) ?? 0
      const second = nextTime('30 2 * * *', 'Europe/Berlin', first) ?? 0
      return [first - Date.parse(after) < 86_400_000, second - first > 80_000_000]
    })
    expect(days).toEqual([
      [true, true],
      [true, true],
    ])
  })
})

test.each([
  ['0 3 * * *', undefined],
  ['0 3 * * 1-5', undefined],
  ['0 3 * * MON', undefined],
  ['@daily', /five fields/],
  ['0 0 3 * * *', /five fields/],
  ['2026-01-01T03:00:00Z', /five fields/],
  ['61 3 * * *', /not a schedule/],
  ['a b c d e', /not a schedule/],
  ['0 0 30 2 *', /never comes/],
])('problemWith() says of %s: %s', (schedule, want) => {
  const problem = problemWith(schedule)
  if (want === undefined) expect(problem).toBeUndefined()
  else expect(problem).toMatch(want)
})

test('isTimeZone() knows those of the IANA database', () => {
  expect(['UTC', 'Europe/Berlin', 'Mars/Olympus', ''].map(isTimeZone)).toEqual([true, true, false, false])
})
