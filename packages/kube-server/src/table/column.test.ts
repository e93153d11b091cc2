// The short form of ages.
import { describe, expect, test } from 'vitest'
import { shortDuration } from './column.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

describe('shortDuration()', () => {
  test.each([
    { seconds: 0, want: '0s' },
    { seconds: 119, want: '119s' },
    { seconds: 2 * minute, want: '2m' },
    { seconds: 5 * minute + 30, want: '5m30s' },
    { seconds: 10 * minute + 30, want: '10m' },
    { seconds: 3 * hour + 5 * minute, want: '3h5m' },
    { seconds: 47 * hour, want: '47h' },
    { seconds: 2 * day + 5 * hour, want: '2d5h' },
    { seconds: 30 * day, want: '30d' },
    { seconds: 3 * 365 * day + 20 * day, want: '3y20d' },
    { seconds: -10, want: '<invalid>' },
  ])('writes $seconds s as $want', ({ seconds, want }) => {
    expect(shortDuration(seconds * 1000)).toBe(want)
  })
})
