// Keeps domains of a level within so many replicas of each other: each gets at least a floor, and at most that and
// the skew.
import type { Share } from '../divide.ts'
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
  const costAt = (floor: number) => costOf(divideInDomains(total, shares, withFloor(levels, skew, floor)), shares)
  const best = firstWhere(floors.from, floors.to, (floor) => compareCost(costAt(floor), costAt(floor + 1)) <= 0)
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

/** The two parts of what a division minimises. */
interface Cost {
  readonly linear: number
  readonly convex: number
}

function compareCost(one: Cost, other: Cost): number {
  return one.linear - other.linear || one.convex - other.convex
}

function costOf(counts: readonly number[], shares: readonly Share[]): Cost {
  let linear = 0
  let convex = 0
  for (const [index, { weight, cost = 0, held = 0, heldCost = 0 }] of shares.entries()) {
    const count = counts[index] ?? 0
    const atHeldCost = Math.min(count, held)
    linear += atHeldCost * heldCost + (count - atHeldCost) * cost
    if (count > 0 && weight > 0) convex += count ** 2 / weight
  }
  return { linear, convex }
}
