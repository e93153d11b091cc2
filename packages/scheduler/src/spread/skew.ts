// Keeps domains of a level within so many replicas of each other: each gets at least a floor, and at most that and
// the skew.
import { costOfDivision, type Share } from '../divide.ts'
import { countIn, divideInDomains, type DomainBounds, type Levels } from './divide-in-domains.ts'
import { firstWhere, type Floors } from './floors.ts'

export interface Skew {
  /** Place in the list of levels. */
  readonly level: number
  readonly maxSkew: number
  /** Those to choose from. */
  readonly floors: Floors
}

/**
 * The levels with the floor by which a division costs least: costs are convex in it, so it is found by halving.
 */
export function levelEvenly(total: number, shares: readonly Share[], levels: Levels, skew: Skew): Levels {
  const { level, maxSkew, floors } = skew
  const free = divideInDomains(total, shares, levels)
  const counts = (levels[level] ?? []).map((domain) => countIn(free, domain))
  const lowest = Math.max(floors.from, Math.max(...counts) - maxSkew)
  if (lowest <= Math.min(floors.to, ...counts)) return withFloor(levels, skew, lowest)
  const at = (floor: number) => divideInDomains(total, shares, withFloor(levels, skew, floor))
  const best = firstWhere(floors.from, floors.to, (floor) => compareCost(at(floor), at(floor + 1), shares) <= 0)
  return withFloor(levels, skew, best)
}

function withFloor(levels: Levels, { level, maxSkew }: Skew, floor: number): Levels {
  const within = ({ members, min, max }: DomainBounds): DomainBounds => ({
    members,
    min: Math.max(min, floor),
    max: Math.min(max, floor + maxSkew),
  })
  return levels.map((domains, at) => (at === level ? domains.map(within) : domains))
}

function compareCost(left: readonly number[], right: readonly number[], shares: readonly Share[]): number {
  const [levels, costs, squares] = costOfDivision(left, shares)
  const [otherLevels, otherCosts, otherSquares] = costOfDivision(right, shares)
  return levels - otherLevels || costs - otherCosts || squares - otherSquares
}
