import { describe, expect, test } from 'vitest'
import { nextCronTime } from './cron-schedule.ts'

const rows = [
  { line: '* * * * *', after: '2026-01-01T00:00:00Z', want: '2026-01-01T00:01:00Z' },
  { line: '*/15 * * * *', after: '2026-01-01T00:14:59Z', want: '2026-01-01T00:15:00Z' },
  { line: '0 3 * * *', after: '2026-01-01T03:00:00Z', want: '2026-01-02T03:00:00Z' },
  { line: '5,10-12 * * * *', after: '2026-01-01T00:10:30Z', want: '2026-01-01T00:11:00Z' },
  { line: '0 0 29 2 *', after: '2026-01-01T00:00:00Z', want: '2028-02-29T00:00:00Z' },
  { line: '0 0 * * MON', after: '2026-01-01T00:00:00Z', want: '2026-01-05T00:00:00Z' },
  { line: '0 0 * * 7', after: '2026-01-01T00:00:00Z', want: '2026-01-04T00:00:00Z' },
  { line: '0 0 13 * fri', after: '2026-01-01T00:00:00Z', want: '2026-01-02T00:00:00Z' },
  { line: '30 4 1 jan-mar *', after: '2026-01-01T04:30:00Z', want: '2026-02-01T04:30:00Z' },
  { line: '@hourly', after: '2026-01-01T00:30:00Z', want: '2026-01-01T01:00:00Z' },
  { line: '0 0 30 2 *', after: '2026-01-01T00:00:00Z', want: undefined },
  { line: '60 * * * *', after: '2026-01-01T00:00:00Z', want: undefined },
  { line: '* * * *', after: '2026-01-01T00:00:00Z', want: undefined },
  { line: 'often', after: '2026-01-01T00:00:00Z', want: undefined },
]

describe('nextCronTime()', () => {
  for (const { line, after, want } of rows) {
    test(`${line} after ${after} is ${want ?? 'never'}`, () => {
      expect(nextCronTime(line, Date.parse(after))).toBe(want === undefined ? undefined : Date.parse(want))
    })
  }
})
