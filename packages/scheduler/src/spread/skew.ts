// Keeps domains within so many replicas of each other: each gets at least a level, and at most that and the skew.
import { costOfDivision, type Share } from '../divide.ts'
import { countIn, divideInDomains, type DomainBounds } from './divide-in-domains.ts'

/**
 * As `divideInDomains`, no two domains differing by more than `maxSkew`. The level that places most is taken, then
 * the one that costs least: costs are convex in the level, so it is found by halving.
 */
export function divideEvenly(
  total: number,
  shares: readonly Share[],
  domains: readonly DomainBounds[],
  maxSkew: number,
): readonly number[] {
  const free = divideInDomains(total, shares, domains)
  const counts = domains.map((domain) => countIn(free, domain))
  if (Math.max(...counts) - Math.min(...counts) <= maxSkew) return free
  const at = (level: number) =>
    divideInDomains(
      total,
      shares,
      domains.map((domain) => within(domain, level, maxSkew)),
    )
  const highest = Math.min(Math.floor(total / domains.length), ...domains.map(({ max }) => max))
  const most = placedAt(highest, total, domains, maxSkew)
  const lowest = firstWhere(0, highest, (level) => placedAt(level, total, domains, maxSkew) >= most)
  const best = firstWhere(lowest, highest, (level) => compareCost(at(level), at(level + 1), shares) <= 0)
  return at(best)
}

function within({ members, min, max }: DomainBounds, level: number, maxSkew: number): DomainBounds {
  return { members, min: Math.max(min, level), max: Math.min(max, level + maxSkew) }
}

/** Replicas that have a place when every domain has at least `level`. */
export function placedAt(level: number, total: number, domains: readonly DomainBounds[], maxSkew: number): number {
  return Math.min(
    total,
    domains.reduce((sum, { max }) => sum + Math.min(max, level + maxSkew), 0),
  )
}

/** The first of `low` to `high` that holds, where all after one that holds do too; `high` if none does. */
function firstWhere(low: number, high: number, holds: (value: number) => boolean): number {
  let [first, last] = [low, high]
  while (first < last) {
    const middle = Math.floor((first + last) / 2)
    if (holds(middle)) last = middle
    else first = middle + 1
  }
  return first
}

function compareCost(left: readonly number[], right: readonly number[], shares: readonly Share[]): number {
  const [levels, costs, squares] = costOfDivision(left, shares)
  const [otherLevels, otherCosts, otherSquares] = costOfDivision(right, shares)
  return levels - otherLevels || costs - otherCosts || squares - otherSquares
}
