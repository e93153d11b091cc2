import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { divideByHeap, divideByPrice, divideReplicas, type Share } from './divide.ts'

function shares(...given: readonly (Partial<Share> | number)[]): readonly Share[] {
  return given.map((share, tie) => {
    const fields = typeof share === 'number' ? { weight: share } : share
    return { weight: 1, min: 0, max: Infinity, tie, ...fields }
  })
}

const table: readonly { name: string; total: number; shares: readonly Share[]; want: readonly number[] }[] = [
  { name: 'divides evenly', total: 12, shares: shares(1, 1, 1), want: [4, 4, 4] },
  { name: 'gives the odd one to the first in the order of ties', total: 4, shares: shares(1, 1, 1), want: [2, 1, 1] },
  { name: 'divides 12 by 3:2:1', total: 12, shares: shares(3, 2, 1), want: [6, 4, 2] },
  { name: 'divides 7 by 3:2:1', total: 7, shares: shares(3, 2, 1), want: [4, 2, 1] },
  { name: 'gives nothing for weight 0', total: 5, shares: shares(1, 0), want: [5, 0] },
  { name: 'gives weight 0 its minimum', total: 5, shares: shares(1, { weight: 0, min: 2 }), want: [3, 2] },
  { name: 'respects maxima', total: 10, shares: shares({ max: 2 }, 1, 1), want: [2, 4, 4] },
  { name: 'respects minima', total: 10, shares: shares(9, { weight: 1, min: 4 }), want: [6, 4] },
  { name: 'leaves over what maxima forbid', total: 10, shares: shares({ max: 2 }, { max: 3 }), want: [2, 3] },
  {
    name: 'divides by minima what does not suffice for them',
    total: 3,
    shares: shares({ min: 4 }, { min: 2 }),
    want: [2, 1],
  },
  { name: 'leaves all over without weights', total: 3, shares: shares(0, 0), want: [0, 0] },
  { name: 'divides nothing', total: 0, shares: shares(1, 2), want: [0, 0] },
  { name: 'takes no shares', total: 3, shares: [], want: [] },
  {
    name: 'takes what costs less first',
    total: 5,
    shares: shares({ max: 3, weight: 1 }, { cost: 1, weight: 9 }),
    want: [3, 2],
  },
  {
    name: 'leaves held replicas where they are when it grows',
    total: 6,
    shares: shares({ held: 4, cost: 1 }, { held: 0, cost: 1 }),
    want: [4, 2],
  },
  {
    name: 'takes held replicas away where there are most for the weight',
    total: 4,
    shares: shares({ held: 5, cost: 1 }, { held: 1, cost: 1 }),
    want: [3, 1],
  },
  {
    name: 'divides a thousand million replicas among costs',
    total: 1_000_000_001,
    shares: shares({ max: 400_000_000 }, { cost: 1, weight: 1 }, { cost: 1, weight: 2 }),
    want: [400_000_000, 200_000_000, 400_000_001],
  },
]

describe('divideReplicas()', () => {
  test.each(table)('$name', ({ total, shares: given, want }) => {
    expect(divideReplicas(total, given)).toEqual(want)
  })
})

const share = fc.record({
  weight: fc.nat(20),
  min: fc.nat(3),
  extra: fc.option(fc.nat(8), { nil: Infinity }),
  held: fc.nat(6),
  heldCost: fc.nat(1),
  dearer: fc.nat(2),
})

/** Up to `most` shares, with ties in random order. */
function anyShares(most: number): fc.Arbitrary<readonly Share[]> {
  return fc.array(share, { minLength: 1, maxLength: most }).chain((list) =>
    fc.shuffledSubarray([...list.keys()], { minLength: list.length }).map((ties) =>
      list.map(({ min, extra, dearer, ...rest }, at) => ({
        ...rest,
        min,
        max: min + extra,
        cost: rest.heldCost + dearer,
        tie: ties[at] ?? 0,
      })),
    ),
  )
}

const runs = { numRuns: 1000 }
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

describe('properties of divideReplicas()', () => {
  test('conserves replicas within the bounds', () => {
    fc.assert(
      fc.property(anyShares(12), fc.nat(200), (given, total) => {
        const divided = divideReplicas(total, given)
        const room = sum(given.map(({ weight, min, max }) => (weight > 0 ? max : min)))
        expect(sum(divided)).toBe(Math.min(total, room))
        const hasMinima = total >= sum(given.map(({ min }) => min))
        for (const [at, { min, max }] of given.entries()) {
          expect(divided[at]).toBeLessThanOrEqual(max)
          expect(divided[at]).toBeGreaterThanOrEqual(hasMinima ? min : 0)
        }
      }),
      runs,
    )
  })

  test('one more replica never takes one away', () => {
    fc.assert(
      fc.property(anyShares(12), fc.nat(200), (given, total) => {
        const before = divideReplicas(total, given)
        const after = divideReplicas(total + 1, given)
        expect(after.every((count, at) => count >= (before[at] ?? 0))).toBe(true)
      }),
      runs,
    )
  })

  test('more weight never gives less', () => {
    fc.assert(
      fc.property(anyShares(12), fc.nat(200), fc.nat(), fc.integer({ min: 1, max: 9 }), (given, total, pick, more) => {
        const at = pick % given.length
        const heavier = given.map((one, index) => (index === at ? { ...one, weight: one.weight + more } : one))
        expect(divideReplicas(total, heavier)[at]).toBeGreaterThanOrEqual(divideReplicas(total, given)[at] ?? 0)
      }),
      runs,
    )
  })

  test('equal shares differ by at most one', () => {
    fc.assert(
      fc.property(anyShares(8), fc.nat(200), (given, total) => {
        const twins = given.flatMap((one) => [one, { ...one, tie: one.tie + given.length }])
        const divided = divideReplicas(total, twins)
        for (const at of given.keys()) {
          expect(Math.abs((divided[2 * at] ?? 0) - (divided[2 * at + 1] ?? 0))).toBeLessThanOrEqual(1)
        }
      }),
      runs,
    )
  })

  test('is Webster where nothing bounds: no exchange of one replica evens the prices further', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 }),
        fc.nat(300),
        (weights, total) => {
          expect(divideReplicas(total, shares(...weights))).toEqual(highestAverages(total, weights))
        },
      ),
      runs,
    )
  })

  test('equals brute force for up to 6 shares and 8 replicas', () => {
    fc.assert(
      fc.property(anyShares(6), fc.nat(8), (given, total) => {
        const divided = divideReplicas(total, given)
        const minima = sum(given.map(({ min }) => min))
        fc.pre(total >= minima && given.every(({ weight, min }) => weight > 0 || min === 0))
        const reached = sum(divided)
        const best = cheapest(reached, given)
        expect(costOf(divided, given)).toBeCloseTo(best, 9)
      }),
      runs,
    )
  })
})

describe('divideByPrice()', () => {
  test('gives what divideByHeap() gives', () => {
    const many = fc.array(
      fc.record({ weight: fc.nat(1_000_000), min: fc.nat(50), extra: fc.option(fc.nat(5000), { nil: Infinity }) }),
      { minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(many, fc.integer({ min: 0, max: 20_000 }), (list, more) => {
        const given = list.map(({ weight, min, extra }, tie) => ({ weight, min, max: min + extra, tie }))
        const total = more + sum(given.map(({ min }) => min))
        expect(divideByPrice(total, given)).toEqual(divideByHeap(total, given))
      }),
      runs,
    )
  })

  test('divides two thousand million replicas exactly', () => {
    expect(divideByPrice(2_000_000_001, shares(1, 1, 2))).toEqual([500_000_000, 500_000_000, 1_000_000_001])
  })
})

/** Webster as the textbook has it: the next seat goes to the highest weight / (2 · seats + 1). */
function highestAverages(total: number, weights: readonly number[]): readonly number[] {
  const seats = weights.map(() => 0)
  for (let left = total; left > 0; left -= 1) {
    let best = 0
    for (const at of weights.keys()) {
      const gain = (weights[at] ?? 0) * (2 * (seats[best] ?? 0) + 1) - (weights[best] ?? 0) * (2 * (seats[at] ?? 0) + 1)
      if (gain > 0) best = at
    }
    seats[best] = (seats[best] ?? 0) + 1
  }
  return seats
}

/** Σ M·cost(x) + x² / w; without costs what Webster minimises. */
function costOf(counts: readonly number[], given: readonly Share[]): number {
  return sum(
    counts.map((count, at) => {
      const { weight = 0, cost = 0, held = 0, heldCost = 0 } = given[at] ?? {}
      const atHeldCost = Math.min(count, held)
      return count === 0 ? 0 : 1000 * (atHeldCost * heldCost + (count - atHeldCost) * cost) + count ** 2 / weight
    }),
  )
}

function cheapest(total: number, [first, ...rest]: readonly Share[]): number {
  if (first === undefined) return total === 0 ? 0 : Infinity
  let best = Infinity
  for (let count = first.min; count <= Math.min(first.max, total); count += 1) {
    best = Math.min(best, costOf([count], [first]) + cheapest(total - count, rest))
  }
  return best
}
