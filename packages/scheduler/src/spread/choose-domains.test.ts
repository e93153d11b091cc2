import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseDomains } from './choose-domains.ts'
import { emptyReach } from './reach.ts'
import type { Offer } from './unit.ts'
import type { Problem } from './value.ts'

function offers(...given: readonly Partial<Offer>[]): readonly Offer[] {
  return given.map((offer, tie) => ({ held: 0, room: Infinity, weight: 1, tie, ...offer }))
}

/** Of one level, in the order in which domains are chosen. */
function problem(replicas: number, given: readonly Offer[], most: number): Problem {
  const units = given
    .map((offer, index) => ({
      ...offer,
      members: [index],
      path: [index],
      inside: emptyReach(1, offer.room),
      parts: [1],
      cost: 0,
      tier: 0,
      slices: [],
    }))
    .sort((one, other) => other.held - one.held || other.weight - one.weight || one.tie - other.tie)
  const limits = [{ least: 1, most, cap: Infinity, maxSkew: Infinity }]
  return { replicas, limits, level: 0, units, isPacked: false }
}

/** Places in `given`. */
const chosenOf = (asked: Problem) => chooseDomains(asked).chosen.flatMap((index) => asked.units[index]?.members ?? [])

const table = [
  { name: 'takes all where all may be used', replicas: 5, given: offers({}, {}), most: 3, want: [0, 1] },
  { name: 'takes the first by tie of equal ones', replicas: 5, given: offers({}, {}, {}), most: 2, want: [0, 1] },
  { name: 'takes the heaviest', replicas: 5, given: offers({}, { weight: 3 }, { weight: 2 }), most: 2, want: [1, 2] },
  {
    name: 'takes a lighter one where the heavier have no room for all, and the heavier that can take more',
    replicas: 10,
    given: offers({ weight: 9, room: 2 }, { weight: 8, room: 3 }, { weight: 1 }),
    most: 2,
    want: [1, 2],
  },
  { name: 'keeps what is held', replicas: 10, given: offers({}, { weight: 9 }, { held: 1 }), most: 1, want: [2] },
]

const runs = { numRuns: 1000 }
const anyOffer = fc.record({
  held: fc.nat(2),
  room: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(Infinity)),
  weight: fc.integer({ min: 1, max: 6 }),
})
const anyOffers = (least: number, most: number) =>
  fc.array(anyOffer, { minLength: least, maxLength: most }).map((list) => list.map((offer, tie) => ({ ...offer, tie })))

describe('chooseDomains()', () => {
  test.each(table)('$name', ({ replicas, given, most, want }) => {
    expect(chosenOf(problem(replicas, given, most)).toSorted((one, other) => one - other)).toEqual(want)
  })

  test('keeps and places as much as any choice, at the least cost: as every subset shows', () => {
    fc.assert(
      fc.property(anyOffers(1, 7), fc.nat(20), fc.integer({ min: 1, max: 7 }), (given, replicas, most) => {
        const asked = problem(replicas, given, most)
        const { gap } = chooseDomains(asked)
        const chosen = chosenOf(asked)
        expect(gap).toBe(0)
        expect(chosen).toHaveLength(Math.min(most, given.length))
        const best = subsets(given.length, chosen.length)
          .map((set) => score(replicas, given, set))
          .reduce((one, other) => (isBetter(other, one) ? other : one))
        expect(isBetter(best, score(replicas, given, chosen))).toBe(false)
      }),
      runs,
    )
  })

  test('above 20 domains says by how much it may be wrong, and is not by more', () => {
    fc.assert(
      fc.property(anyOffers(21, 30), fc.integer({ min: 1, max: 60 }), (given, replicas) => {
        const asked = problem(replicas, given, 2)
        const { gap } = chooseDomains(asked)
        const [kept, placed, cost] = score(replicas, given, chosenOf(asked))
        const best = subsets(given.length, 2)
          .map((set) => score(replicas, given, set))
          .reduce((one, other) => (isBetter(other, one) ? other : one))
        if (best[0] > kept) expect(kept).toBeGreaterThanOrEqual(best[0] * (1 - gap) - 1e-9)
        else if (best[1] > placed) expect(placed).toBeGreaterThanOrEqual(best[1] * (1 - gap) - 1e-9)
        else expect(best[2]).toBeGreaterThanOrEqual(cost * (1 - gap) - 1e-9)
      }),
      { numRuns: 300 },
    )
  })
})

type Score = readonly [kept: number, placed: number, cost: number]

function score(replicas: number, given: readonly Offer[], set: readonly number[]): Score {
  const domains = set.flatMap((index) => given[index] ?? [])
  const total = (key: 'held' | 'room') => domains.reduce((sum, domain) => sum + domain[key], 0)
  const placed = Math.min(replicas, total('room'))
  return [total('held'), placed, leastCost(placed, domains)]
}

/** By bisecting the level at which every domain has `level · weight`, or its room. */
function leastCost(placed: number, domains: readonly Offer[]): number {
  let [low, high] = [0, 1000]
  const at = (level: number) => domains.map(({ room, weight }) => Math.min(room, level * weight))
  for (let round = 0; round < 100; round += 1) {
    const level = (low + high) / 2
    if (at(level).reduce((sum, share) => sum + share, 0) < placed) low = level
    else high = level
  }
  return at(high).reduce((sum, share, index) => sum + share ** 2 / (domains[index]?.weight ?? 1), 0)
}

function isBetter(one: Score, other: Score): boolean {
  if (one[0] !== other[0]) return one[0] > other[0]
  if (one[1] !== other[1]) return one[1] > other[1]
  return one[2] < other[2] - 1e-6
}

function subsets(count: number, size: number, from = 0): readonly (readonly number[])[] {
  if (size === 0) return [[]]
  const found: (readonly number[])[] = []
  for (let first = from; first <= count - size; first += 1) {
    for (const rest of subsets(count, size - 1, first + 1)) found.push([first, ...rest])
  }
  return found
}
