// What filling domains costs, where placement goes by costs.
import { compareSteps, type Step } from '../divide.ts'
import type { Offer, Unit } from './unit.ts'

/** Replicas of one domain that cost the same. */
interface Lot extends Pick<Step, 'level' | 'cost'> {
  /** Place in the list of units. */
  readonly unit: number
  readonly replicas: number
}

export interface Prices {
  /** In the order in which they are taken: by level, then by cost. */
  readonly lots: readonly Lot[]
  /** The cheapest first, whatever their level. */
  readonly byCost: readonly Lot[]
}

/** Undefined where replicas cost nothing. */
export function pricesOf(units: readonly Unit[], offers: readonly Offer[]): Prices | undefined {
  if (!offers.some(({ steps = [] }) => steps.some(({ cost }) => cost > 0))) return undefined
  const lots = units.flatMap(({ members }, unit) =>
    members.flatMap((member) => lotsOf(offers[member]).map((lot) => ({ ...lot, unit }))),
  )
  return { lots: lots.toSorted(compareSteps), byCost: lots.toSorted((one, other) => one.cost - other.cost) }
}

function lotsOf(offer: Offer | undefined): readonly Omit<Lot, 'unit'>[] {
  const { steps = [], room = 0 } = offer ?? {}
  let from = 0
  return steps.flatMap(({ level, cost, upTo }, index) => {
    const to = index === steps.length - 1 ? room : Math.min(room, upTo)
    const replicas = to - from
    from = Math.max(from, to)
    return replicas > 0 ? [{ level, cost, replicas }] : []
  })
}

/** Of the cheapest replica that some of the clusters could have besides those that it holds; 0: none could. */
export function nextCostOf(offers: readonly Offer[], members: readonly number[]): number {
  const costs = members.flatMap((member) => {
    const { steps = [], held = 0, room = 0 } = offers[member] ?? {}
    return room > held ? [(steps.find(({ upTo }) => upTo > held) ?? steps.at(-1))?.cost ?? 0] : []
  })
  return costs.length === 0 ? 0 : Math.min(...costs)
}

/**
 * Of so many replicas on the units of `chosen`, of which as many as `least` have one: first the cheapest of each of
 * those, then the cheapest of all.
 */
export function costToFill(
  { lots }: Prices,
  units: readonly Unit[],
  chosen: ReadonlySet<number>,
  replicas: number,
  least: number,
): number {
  const used = new Map<number, number>()
  const firsts = new Set<Lot>()
  let [left, total] = [replicas, 0]
  const take = ({ cost, unit }: Lot, count: number) => {
    left -= count
    total += count * cost
    used.set(unit, (used.get(unit) ?? 0) + count)
  }
  for (const lot of lots) {
    if (used.size >= least || left === 0) break
    if (!chosen.has(lot.unit) || used.has(lot.unit)) continue
    take(lot, 1)
    firsts.add(lot)
  }
  for (const lot of lots) {
    if (left === 0) break
    if (!chosen.has(lot.unit)) continue
    const room = (units[lot.unit]?.room ?? 0) - (used.get(lot.unit) ?? 0)
    const count = Math.min(left, room, lot.replicas - (firsts.has(lot) ? 1 : 0))
    if (count > 0) take(lot, count)
  }
  return total
}

/** What so many replicas on units for which `isAllowed` holds cost at least. */
export function leastToFill({ byCost }: Prices, isAllowed: (unit: number) => boolean, replicas: number): number {
  let [left, total] = [replicas, 0]
  for (const { cost, unit, replicas: most } of byCost) {
    if (left === 0) break
    if (!isAllowed(unit)) continue
    const count = Math.min(left, most)
    left -= count
    total += count * cost
  }
  return total
}
