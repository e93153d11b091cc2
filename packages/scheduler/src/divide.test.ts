import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { costOfDivision, divideByHeap, divideByPrice, divideReplicas, type Share, type Step } from './divide.ts'

function shares(...given: readonly (Partial<Share> | number)[]): readonly Share[] {
  return given.map((share, tie) => {
    const fields = typeof share === 'number' ? { weight: share } : share
    return { weight: 1, min: 0, max: Infinity, tie, ...fields }
  })
}

/** Steps given as `[level, cost]` or `[level, cost, upTo]`. */
function steps(...given: readonly (readonly [number, number, number?])[]): Pick<Share, 'steps'> {
  return { steps: given.map(([level, cost, upTo = Infinity]) => ({ level, cost, upTo })) }
}

/** So many are held, at level 0; others are of level 1. */
const holding = (held: number) => steps([0, 0, held], [1, 0])

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
    shares: shares({ max: 3, weight: 1 }, { ...steps([0, 1]), weight: 9 }),
    want: [3, 2],
  },
  {
    name: 'leaves held replicas where they are when it grows',
    total: 6,
    shares: shares(holding(4), holding(0)),
    want: [4, 2],
  },
  {
    name: 'takes held replicas away where there are most for the weight',
    total: 4,
    shares: shares(holding(5), holding(1)),
    want: [3, 1],
  },
  {
    name: 'takes a lower level first, whatever it costs',
    total: 5,
    shares: shares({ ...steps([0, 100]), max: 3 }, steps([1, 0])),
    want: [3, 2],
  },
  {
    name: 'goes on elsewhere where the next replica costs more',
    total: 7,
    shares: shares(steps([0, 1, 2], [0, 5]), steps([0, 2, 4], [0, 4])),
    want: [2, 5],
  },
  {
    name: 'divides by weight what costs the same',
    total: 9,
    shares: shares({ ...steps([0, 1, 3], [0, 2]), weight: 1 }, { ...steps([0, 2]), weight: 2 }),
    want: [3, 6],
  },
  {
    name: 'divides a thousand million replicas among costs',
    total: 1_000_000_001,
    shares: shares({ max: 400_000_000 }, { ...steps([1, 0]), weight: 1 }, { ...steps([1, 0]), weight: 2 }),
    want: [400_000_000, 200_000_000, 400_000_001],
  },
]

describe('divideReplicas()', () => {
  test.each(table)('$name', ({ total, shares: given, want }) => {
    expect(divideReplicas(total, given)).toEqual(want)
  })
})

/** Up to four, rising. */
const anySteps = fc
  .array(fc.record({ level: fc.nat(2), cost: fc.nat(3), upTo: fc.nat(6) }), { minLength: 1, maxLength: 4 })
  .map((list): readonly Step[] => {
    const ends = list.map(({ upTo }) => upTo).sort((one, other) => one - other)
    return list
      .toSorted((one, other) => one.level - other.level || one.cost - other.cost)
      .map((step, at) => ({ ...step, upTo: ends[at] ?? 0 }))
  })

const share = fc.record({
  weight: fc.nat(20),
  min: fc.nat(3),
  extra: fc.option(fc.nat(8), { nil: Infinity }),
  steps: fc.option(anySteps, { nil: undefined }),
})

/** Up to `most` shares, with ties in random order. */
function anyShares(most: number): fc.Arbitrary<readonly Share[]> {
  return fc.array(share, { minLength: 1, maxLength: most }).chain((list) =>
    fc.shuffledSubarray([...list.keys()], { minLength: list.length }).map((ties) =>
      list.map(({ weight, min, extra, steps: rising }, at) => ({
        weight,
        min,
        max: min + extra,
        tie: ties[at] ?? 0,
        ...(rising === undefined ? {} : { steps: rising }),
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

  test('a dearer replica never gives more', () => {
    fc.assert(
      fc.property(anyShares(8), fc.nat(60), fc.nat(), fc.integer({ min: 1, max: 3 }), (given, total, pick, more) => {
        const at = pick % given.length
        const dearer = given.map((one, index) => (index === at ? { ...one, steps: raised(one, more) } : one))
        expect(divideReplicas(total, dearer)[at]).toBeLessThanOrEqual(divideReplicas(total, given)[at] ?? 0)
      }),
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
        expect(costOf(divided, given)).toBeCloseTo(best, 6)
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

describe('costOfDivision()', () => {
  test('adds up levels, costs and squares', () => {
    const given = shares({ ...steps([0, 1, 2], [1, 5]), weight: 2 }, 3, 0)
    expect(costOfDivision([4, 3, 0], given)).toEqual([2, 12, 11])
  })
})

function raised({ steps: own = [{ level: 0, cost: 0, upTo: Infinity }] }: Share, more: number): readonly Step[] {
  return own.map((step) => ({ ...step, cost: step.cost + more }))
}

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

/** Σ M²·level(x) + M·cost(x) + x² / w, replica by replica; without levels and costs what Webster minimises. */
function costOf(counts: readonly number[], given: readonly Share[]): number {
  return sum(
    counts.map((count, at) => {
      const { weight = 0, steps: own = [] } = given[at] ?? {}
      const each = Array.from({ length: count }, (_, index) => own.find(({ upTo }) => index < upTo) ?? own.at(-1))
      const linear = sum(each.map((step) => 1e6 * (step?.level ?? 0) + 1e3 * (step?.cost ?? 0)))
      return count === 0 ? 0 : linear + count ** 2 / weight
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
