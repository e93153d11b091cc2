// Which domains of nested spread constraints are used, for replicas and for copies alike.
import type { SpreadConstraint } from '@flotilla/api/placement'
import { chooseDomains } from './choose-domains.ts'
import type { Level } from './nest.ts'
import { pricesOf } from './prices.ts'
import type { Limit } from './reach.ts'
import { type Offer, type Packing, toUnits, type Unit, unitLevel } from './unit.ts'
import type { Problem } from './value.ts'

export interface UnitChoice {
  readonly used: readonly Unit[]
  /** What was chosen from. */
  readonly problem: Problem
  /** 0: no choice is better. */
  readonly gap: number
}

export function limitsOf(levels: readonly Level[], replicas: number): readonly Limit[] {
  return levels.map(({ constraint }) => {
    const { minGroups = 1, maxGroups = Infinity, maxSkew = Infinity } = constraint
    return { least: minGroups, most: maxGroups, cap: mostPerDomain(replicas, constraint), maxSkew }
  })
}

/** A share is rounded up to whole replicas, so that rounding alone never leaves one without a place. */
function mostPerDomain(replicas: number, { maxSharePercent = 100 }: SpreadConstraint): number {
  return maxSharePercent === 100 ? Infinity : Math.max(1, Math.ceil((replicas * maxSharePercent) / 100))
}

/** `offers` by place in the list of clusters that `levels` were made of. */
export function chooseUnits(
  replicas: number,
  levels: readonly Level[],
  limits: readonly Limit[],
  offers: readonly Offer[],
  packing: Packing,
): UnitChoice {
  const level = Math.max(0, unitLevel(levels, limits, packing))
  const units = toUnits(levels, limits, level, offers).toSorted(compareUnits)
  const prices = pricesOf(units, offers)
  const problem = { replicas, limits, level, units, isPacked: packing !== 'Open', ...(prices ? { prices } : {}) }
  const { chosen, gap } = chooseDomains(problem)
  return { used: chosen.flatMap((index) => units[index] ?? []), problem, gap }
}

/**
 * For copies, of which each cluster that has room takes one: neither shares nor skews matter. Of a template without
 * replicas there is a copy where it could run.
 */
export function chooseForCopies(levels: readonly Level[], offers: readonly Offer[]): UnitChoice {
  const limits = limitsOf(levels, 0).map((limit) => ({ ...limit, cap: Infinity, maxSkew: Infinity }))
  return chooseUnits(offers.length, levels, limits, offers, 'Open')
}

function compareUnits(one: Unit, other: Unit): number {
  const byCost = one.tier - other.tier || one.cost - other.cost
  return other.held - one.held || byCost || other.weight - one.weight || one.tie - other.tie
}
