import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Share } from '../divide.ts'
import { countIn, divideInDomains, type Levels } from './divide-in-domains.ts'
import { bestFloors } from './floors.ts'
import { emptyReach, foldParts, joinReaches } from './reach.ts'
import { levelEvenly } from './skew.ts'

const runs = { numRuns: 1000 }
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

interface Given {
  readonly shares: readonly Share[]
  /** Two levels, the finer first split from the coarser. */
  readonly levels: Levels
}

/** What is held is of level 0, other replicas of level 1. */
function holding(held: number): NonNullable<Share['steps']> {
  return [
    { level: 0, cost: 0, upTo: held },
    { level: 1, cost: 0, upTo: Infinity },
  ]
}

/** Up to 5 clusters in up to 3 racks, of which the first two are in one region; no domain may have more than it has room. */
const anyGiven: fc.Arbitrary<Given> = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 1, max: 9 }),
      max: fc.integer({ min: 1, max: 6 }),
      held: fc.nat(4),
      rack: fc.nat(2),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .chain((rows) => {
    const shares = rows.map(({ weight, max, held }, tie) => ({ weight, min: 0, max, tie, steps: holding(held) }))
    const racks = [0, 1, 2].map((rack) => [...rows.keys()].filter((index) => rows[index]?.rack === rack))
    const regions = [[...(racks[0] ?? []), ...(racks[1] ?? [])], racks[2] ?? []]
    const bounds = fc.tuple(...[...regions, ...racks].map(() => fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(1))))
    return bounds.map((drawn) => {
      const rooms = shares.map(({ max }) => max)
      const toLevel = (domains: readonly (readonly number[])[], from: number) =>
        domains
          .map((members, at) => {
            const max = Math.min(drawn[from + at]?.[0] ?? 0, countIn(rooms, { members }))
            for (const member of members) rooms[member] = 0
            if (members[0] !== undefined) rooms[members[0]] = max
            return { members, max, min: drawn[from + at]?.[1] ?? 0 }
          })
          .filter(({ members }) => members.length > 0)
      const fine = toLevel(racks, regions.length)
      return { shares, levels: [toLevel(regions, 0), fine] }
    })
  })

/** Replicas that minima ask for; Infinity where maxima do not allow them. */
const leastOf = (levels: Levels): number => {
  const minima: number[] = []
  for (const level of levels.toReversed()) {
    for (const { members, min, max } of level) {
      const needed = Math.max(min, countIn(minima, { members }))
      if (needed > max) return Infinity
      for (const member of members) minima[member] = 0
      minima[members[0] ?? 0] = needed
    }
  }
  return sum(minima.map((min) => min ?? 0))
}
const isWithin = (levels: Levels, counts: readonly number[]) =>
  levels.flat().every((domain) => countIn(counts, domain) <= domain.max && countIn(counts, domain) >= domain.min)

describe('divideInDomains()', () => {
  test('equals brute force', () => {
    fc.assert(
      fc.property(anyGiven, fc.nat(8), ({ shares, levels }, total) => {
        fc.pre(total >= leastOf(levels))
        const counts = divideInDomains(total, shares, levels)
        expect(isWithin(levels, counts)).toBe(true)
        expect(sum(counts)).toBe(Math.min(total, sum((levels[0] ?? []).map(({ max }) => max))))
        const fits = (tried: readonly number[]) => isWithin(levels, tried)
        expect(costOf(counts, shares)).toBeCloseTo(cheapest(sum(counts), shares, fits), 9)
      }),
      runs,
    )
  })

  test('one more replica never takes one away', () => {
    fc.assert(
      fc.property(anyGiven, fc.nat(20), ({ shares, levels }, more) => {
        fc.pre(leastOf(levels) < Infinity)
        const total = more + leastOf(levels)
        const before = divideInDomains(total, shares, levels)
        const after = divideInDomains(total + 1, shares, levels)
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
    expect(divideInDomains(1_000_000_000, shares, [domains])).toEqual([150_000_000, 150_000_000, 700_000_000])
  })
})

describe('levelEvenly()', () => {
  test.each([0, 1])('equals brute force: places most, then costs least, at level %i', (level) => {
    fc.assert(
      fc.property(anyGiven, fc.nat(8), fc.integer({ min: 1, max: 3 }), ({ shares, levels }, total, maxSkew) => {
        const free = levels.map((domains) => domains.map((domain) => ({ ...domain, min: 0 })))
        const floors = bestFloors(total, limitsOf(level, maxSkew), (floor) => reachOf(free, level, maxSkew, floor))
        const counts = divideInDomains(total, shares, levelEvenly(total, shares, free, { level, maxSkew, floors }))
        const fits = (tried: readonly number[]) => {
          const totals = (free[level] ?? []).map((domain) => countIn(tried, domain))
          return isWithin(free, tried) && Math.max(...totals) - Math.min(...totals) <= maxSkew
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

const limitsOf = (level: number, maxSkew: number) =>
  [0, 1].map((at) => ({ least: 1, most: Infinity, cap: Infinity, maxSkew: at === level ? maxSkew : Infinity }))

function reachOf(levels: Levels, skewed: number, maxSkew: number, floor: number) {
  const placeOf = (at: number, member: number) => (levels[at] ?? []).findIndex((one) => one.members.includes(member))
  const parts = (levels[1] ?? []).map(({ members, max }) => ({
    path: [0, 1].map((at) => placeOf(at, members[0] ?? 0)),
    reach: emptyReach(2, max),
  }))
  const limits = limitsOf(skewed, maxSkew)
  const fine = foldParts(parts, limits, 1, 1, floor)
  const capped = [...Map.groupBy(fine, ({ path }) => path[0])].flatMap(([region = 0, racks]) => {
    const cap = levels[0]?.[region]?.max ?? 0
    return foldParts(
      racks,
      limits.map((limit) => ({ ...limit, cap })),
      0,
      0,
      floor,
    )
  })
  return joinReaches(capped, 2)
}

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
