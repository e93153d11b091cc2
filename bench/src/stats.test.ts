import { describe, expect, test } from 'vitest'
import { median, quantile, variation } from './stats.ts'

describe('median()', () => {
  test.each([
    { name: 'of one', given: [3], want: 3 },
    { name: 'of an odd number', given: [9, 1, 5], want: 5 },
    { name: 'of an even number is the mean of the middle two', given: [1, 10, 2, 4], want: 3 },
    { name: 'of nothing', given: [], want: Number.NaN },
  ])('median() $name', ({ given, want }) => {
    expect(median(given)).toBe(want)
  })
})

describe('quantile()', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  test.each([
    { q: 0, want: 1 },
    { q: 0.5, want: 50 },
    { q: 0.99, want: 99 },
    { q: 1, want: 100 },
  ])('quantile() of 1 to 100 at $q is $want', ({ q, want }) => {
    expect(quantile(hundred, q)).toBe(want)
  })
})

test('variation() is the distance of the quartiles over the median', () => {
  expect(variation([10, 10, 10, 10])).toBe(0)
  expect(variation([8, 9, 10, 11])).toBeCloseTo(2 / 9.5)
})
