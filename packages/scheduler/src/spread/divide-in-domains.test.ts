import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Share } from '../divide.ts'
import { countIn, divideInDomains, type DomainBounds } from './divide-in-domains.ts'
import { divideEvenly } from './skew.ts'

const runs = { numRuns: 1000 }
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

interface Given {
  readonly shares: readonly Share[]
  readonly domains: readonly DomainBounds[]
}

/** What is held is of level 0, other replicas of level 1. */
function holding(held: number): NonNullable<Share['steps']> {
  return [
    { level: 0, cost: 0, upTo: held },
    { level: 1, cost: 0, upTo: Infinity },
  ]
}

/** Up to 5 clusters in up to 3 domains; a domain's maximum is at most the room of its clusters. */
const anyGiven: fc.Arbitrary<Given> = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 1, max: 9 }),
      max: fc.integer({ min: 1, max: 6 }),
      held: fc.nat(4),
      domain: fc.nat(2),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .chain((rows) => {
    const shares = rows.map(({ weight, max, held }, tie) => ({ weight, min: 0, max, tie, steps: holding(held) }))
    const members = [0, 1, 2]
      .map((domain) => [...rows.keys()].filter((index) => rows[index]?.domain === domain))
      .filter((list) => list.length > 0)
    return fc.tuple(...members.map(() => fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(1)))).map((bounds) => ({
      shares,
      domains: members.map((list, at) => {
        const room = sum(list.map((index) => shares[index]?.max ?? 0))
        return { members: list, max: Math.min(bounds[at]?.[0] ?? 0, room), min: bounds[at]?.[1] ?? 0 }
      }),
    }))
  })

describe('divideInDomains()', () => {
  test('equals brute force', () => {
    fc.assert(
      fc.property(anyGiven, fc.nat(8), ({ shares, domains }, total) => {
        fc.pre(total >= sum(domains.map(({ min }) => min)))
        const counts = divideInDomains(total, shares, domains)
        const fits = (tried: readonly number[]) =>
          domains.every((domain) => countIn(tried, domain) <= domain.max && countIn(tried, domain) >= domain.min)
        expect(fits(counts)).toBe(true)
        expect(sum(counts)).toBe(Math.min(total, sum(domains.map(({ max }) => max))))
        expect(costOf(counts, shares)).toBeCloseTo(cheapest(sum(counts), shares, fits), 9)
      }),
      runs,
    )
  })

  test('one more replica never takes one away', () => {
    fc.assert(
      fc.property(anyGiven, fc.nat(20), ({ shares, domains }, more) => {
        const total = more + sum(domains.map(({ min }) => min))
        const before = divideInDomains(total, shares, domains)
        const after = divideInDomains(total + 1, shares, domains)
        expect(after.every((count, at) => count >= (before[at] ?? 0))).toBe(true)
      }),
      runs,
    )
  })

  test('divides a thousand million replicas', () => {
    const shares = [1, 1, 2].map((weight, tie) => ({ weight, min: 0, max: Infinity, tie }))
    const domains = [
      { members: [0, 1], min: 0, max: 300_000_000 },
      { members: [2], min: 1, max: Infinity },
    ]
    expect(divideInDomains(1_000_000_000, shares, domains)).toEqual([150_000_000, 150_000_000, 700_000_000])
  })
})

describe('divideEvenly()', () => {
  test('equals brute force: places most, then costs least', () => {
    fc.assert(
      fc.property(anyGiven, fc.nat(8), fc.integer({ min: 1, max: 3 }), ({ shares, domains }, total, maxSkew) => {
        const free = domains.map((domain) => ({ ...domain, min: 0 }))
        const counts = divideEvenly(total, shares, free, maxSkew)
        const fits = (tried: readonly number[]) => {
          const totals = free.map((domain) => countIn(tried, domain))
          const isWithin = totals.every((count, at) => count <= (free[at]?.max ?? 0))
          return isWithin && Math.max(...totals) - Math.min(...totals) <= maxSkew
        }
        expect(fits(counts)).toBe(true)
        const placed = sum(counts)
        for (let more = placed + 1; more <= total; more += 1) expect(cheapest(more, shares, fits)).toBe(Infinity)
        expect(costOf(counts, shares)).toBeCloseTo(cheapest(placed, shares, fits), 9)
      }),
      runs,
    )
  })
})

function costOf(counts: readonly number[], shares: readonly Share[]): number {
  return sum(
    counts.map((count, at) => {
      const { weight = 1, steps = [] } = shares[at] ?? {}
      return 1000 * Math.max(0, count - (steps[0]?.upTo ?? 0)) + count ** 2 / weight
    }),
  )
}

function cheapest(
  total: number,
  shares: readonly Share[],
  fits: (counts: readonly number[]) => boolean,
  counts: readonly number[] = [],
): number {
  const share = shares[counts.length]
  if (share === undefined) return total === 0 && fits(counts) ? costOf(counts, shares) : Infinity
  let best = Infinity
  for (let count = 0; count <= Math.min(share.max, total); count += 1) {
    best = Math.min(best, cheapest(total - count, shares, fits, [...counts, count]))
  }
  return best
}
