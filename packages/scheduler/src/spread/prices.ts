// What filling domains costs: in tiers where there are some, and in money where placement goes by costs.
import { compareSteps, type Step } from '../divide.ts'
import type { Limit } from './reach.ts'
import type { Offer, Unit } from './unit.ts'

/** Replicas of one domain that cost the same. */
interface Lot extends Pick<Step, 'level' | 'cost'> {
  /** Place in the list of units. */
  readonly unit: number
  readonly tier: number
  readonly replicas: number
}

export interface Prices {
  readonly hasTiers: boolean
  readonly hasCosts: boolean
  /** In the order in which they are taken: by level, then by cost. */
  readonly lots: readonly Lot[]
  /** The cheapest first, whatever their level. */
  readonly byCost: readonly Lot[]
  /** The earliest first, whatever their level. */
  readonly byTier: readonly Lot[]
}

/** Undefined where replicas cost nothing, wherever they are. */
export function pricesOf(units: readonly Unit[], offers: readonly Offer[]): Prices | undefined {
  const hasCosts = offers.some(({ steps = [] }) => steps.some(({ cost }) => cost > 0))
  const hasTiers = offers.some(({ tier = 0 }) => tier !== (offers[0]?.tier ?? 0))
  if (!hasCosts && !hasTiers) return undefined
  const lots = units.flatMap(({ members }, unit) =>
    members.flatMap((member) => lotsOf(offers[member]).map((lot) => ({ ...lot, unit }))),
  )
  const merged = merge(lots.sort((one, other) => compareSteps(one, other) || one.unit - other.unit))
  return {
    hasTiers,
    hasCosts,
    lots: merged,
    byCost: merged.toSorted((one, other) => one.cost - other.cost),
    byTier: merged.toSorted((one, other) => one.tier - other.tier),
  }
}

/** Neighbours that only differ in their clusters as one: those of a domain often cost the same. */
function merge(sorted: readonly Lot[]): readonly Lot[] {
  const merged: Lot[] = []
  for (const lot of sorted) {
    const last = merged.at(-1)
    const isSame = last?.unit === lot.unit && last.tier === lot.tier && compareSteps(last, lot) === 0
    if (isSame) merged[merged.length - 1] = { ...lot, replicas: last.replicas + lot.replicas }
    else merged.push(lot)
  }
  return merged
}

function lotsOf(offer: Offer | undefined): readonly Omit<Lot, 'unit'>[] {
  const { steps = [], room = 0, tier = 0 } = offer ?? {}
  let from = 0
  return steps.flatMap(({ level, cost, upTo }, index) => {
    const to = index === steps.length - 1 ? room : Math.min(room, upTo)
    const replicas = to - from
    from = Math.max(from, to)
    return replicas > 0 ? [{ level, cost, tier, replicas }] : []
  })
}

/** What it takes to have a replica somewhere. */
export interface Cost {
  readonly tier: number
  readonly cost: number
}

/**
 * Of the replica that some of the clusters could have besides those that they hold: of the earliest tier, the cheapest
 * of those; 0 where none could.
 */
export function nextOf(offers: readonly Offer[], members: readonly number[]): Cost {
  let first: Cost | undefined
  for (const member of members) {
    const { steps = [], held = 0, room = 0, tier = 0 } = offers[member] ?? {}
    if (room <= held) continue
    const { cost = 0 } = steps.find(({ upTo }) => upTo > held) ?? steps.at(-1) ?? {}
    if (first === undefined || tier < first.tier || (tier === first.tier && cost < first.cost)) first = { tier, cost }
  }
  return first ?? { tier: 0, cost: 0 }
}

/** Domains, how much each may have, and what that costs. */
export interface Priced {
  readonly prices: Prices
  readonly units: readonly Unit[]
  readonly limits: readonly Limit[]
  /** That of the units. */
  readonly level: number
}

/**
 * Sums of tiers and costs of so many replicas on the units of `chosen`, of which as many as `least` have one: first the
 * cheapest of each of those, then the cheapest of all.
 */
export function costToFill(priced: Priced, chosen: ReadonlySet<number>, replicas: number, least: number): Cost {
  const { lots } = priced.prices
  const rooms = new Rooms(priced)
  const used = new Set<number>()
  const firsts = new Set<Lot>()
  let [left, tier, cost] = [replicas, 0, 0]
  const take = (lot: Lot, count: number) => {
    left -= count
    tier += count * lot.tier
    cost += count * lot.cost
    rooms.take(lot.unit, count)
  }
  for (const lot of lots) {
    if (used.size >= least || left === 0) break
    if (!chosen.has(lot.unit) || used.has(lot.unit) || rooms.left(lot.unit) < 1) continue
    take(lot, 1)
    used.add(lot.unit)
    firsts.add(lot)
  }
  for (const lot of lots) {
    if (left === 0) break
    if (!chosen.has(lot.unit)) continue
    const count = Math.min(left, rooms.left(lot.unit), lot.replicas - (firsts.has(lot) ? 1 : 0))
    if (count > 0) take(lot, count)
  }
  return { tier, cost }
}

/** What is left of what units, and the coarser domains that they are in, may have. */
class Rooms {
  readonly #priced: Priced
  /** Levels coarser than that of the units at which a domain may not have everything. */
  readonly #capped: readonly number[]
  readonly #used = new Map<number, number>()
  /** By capped level, then by domain. */
  readonly #usedIn: readonly Map<number, number>[]

  constructor(priced: Priced) {
    this.#priced = priced
    this.#capped = [...Array(priced.level).keys()].filter((at) => (priced.limits[at]?.cap ?? Infinity) < Infinity)
    this.#usedIn = this.#capped.map(() => new Map<number, number>())
  }

  left(unit: number): number {
    const { units, limits } = this.#priced
    let left = (units[unit]?.room ?? 0) - (this.#used.get(unit) ?? 0)
    for (const [index, level] of this.#capped.entries()) {
      const domain = units[unit]?.path[level] ?? -1
      left = Math.min(left, (limits[level]?.cap ?? Infinity) - (this.#usedIn[index]?.get(domain) ?? 0))
    }
    return left
  }

  take(unit: number, count: number): void {
    this.#used.set(unit, (this.#used.get(unit) ?? 0) + count)
    for (const [index, level] of this.#capped.entries()) {
      const domain = this.#priced.units[unit]?.path[level] ?? -1
      const used = this.#usedIn[index]
      used?.set(domain, (used.get(domain) ?? 0) + count)
    }
  }
}

/** Sums that so many replicas on units for which `isAllowed` holds have at least. */
export function leastToFill({ byCost, byTier }: Prices, isAllowed: (unit: number) => boolean, replicas: number): Cost {
  return { tier: leastOf(byTier, 'tier', isAllowed, replicas), cost: leastOf(byCost, 'cost', isAllowed, replicas) }
}

function leastOf(
  lots: readonly Lot[],
  key: keyof Cost,
  isAllowed: (unit: number) => boolean,
  replicas: number,
): number {
  let [left, total] = [replicas, 0]
  for (const lot of lots) {
    if (left === 0) break
    if (!isAllowed(lot.unit)) continue
    const count = Math.min(left, lot.replicas)
    left -= count
    total += count * lot[key]
  }
  return total
}
