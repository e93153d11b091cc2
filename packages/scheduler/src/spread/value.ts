// How good a choice of domains is, and what none that begins alike can exceed.
import { bestFloors, type Floors } from './floors.ts'
import { type Cost, costToFill, leastToFill, type Prices } from './prices.ts'
import { boundAt, foldParts, joinReaches, type Limit, type Reach, unmetGroups } from './reach.ts'
import type { Unit } from './unit.ts'

/** What is chosen from: `chosen` are places in `units`, rising. */
export interface Problem {
  readonly replicas: number
  readonly limits: readonly Limit[]
  /** That of the units. */
  readonly level: number
  readonly units: readonly Unit[]
  /** As few domains as suffice, else as many as may be. */
  readonly isPacked: boolean
  /** None: replicas cost nothing, wherever they are. */
  readonly prices?: Prices
}

/** The lower of the first that differ is better. */
export type Value = readonly number[]

/** Where in a value costs begin; before them is what is kept of what was asked, tiers among it. */
export function costsFrom({ prices }: Problem): number {
  return prices?.hasTiers ? 5 : 4
}

/** Costs that differ by rounding are equal. */
export function isBetter(one: Value, other: Value): boolean {
  for (const [index, number] of one.entries()) {
    const against = other[index] ?? 0
    const margin = Math.abs(against) * 1e-12
    if (number < against - margin) return true
    if (number > against + margin) return false
  }
  return false
}

/** Whether no level has too many domains when `unit` is chosen as well. */
export function mayJoin({ limits, level, units }: Problem, chosen: readonly number[], unit: number): boolean {
  if (chosen.length >= (limits[level]?.most ?? Infinity)) return false
  for (let at = 0; at < level; at += 1) {
    const most = limits[at]?.most ?? Infinity
    if (chosen.length < most) continue
    const used = new Set(chosen.map((one) => units[one]?.path[at]))
    if (used.size >= most && !used.has(units[unit]?.path[at] ?? -1)) return false
  }
  return true
}

/**
 * Domains that go without a replica and are to have one; what is kept; what is placed; domains that would go without if
 * there were more replicas; the tiers in which it is placed; and then costs. Where as few domains as suffice are used,
 * how many those are comes before costs.
 */
export function valueOf(problem: Problem, chosen: readonly number[]): Value {
  const { replicas, limits, isPacked } = problem
  const units = chosen.flatMap((index) => problem.units[index] ?? [])
  const reach = reachOf(problem, units, floorsOf(problem, units).from)
  const placed = Math.min(replicas, reach.high)
  const used = limits.map((_, level) => domainsAt(problem, units, level))
  const { tiers, costs } = toValues(problem, costOf(problem, chosen, placed))
  return [
    unmetGroups(replicas, reach, limits),
    -sum(units, 'held'),
    -placed,
    limits.reduce((missing, { least }, level) => missing + Math.max(0, least - (used[level] ?? 0)), 0),
    ...tiers,
    ...(isPacked
      ? [...used.slice(0, problem.level + 1), ...costs, -sum(units, 'weight')]
      : [...costs, problem.prices?.hasTiers ? spreadCostInTiers(placed, units) : spreadCost(placed, units)]),
  ]
}

/** Each tier has what those before it have no room for. */
function spreadCostInTiers(placed: number, units: readonly Unit[]): number {
  const slices = units.flatMap((unit) => unit.slices).sort((one, other) => one.tier - other.tier)
  let [left, cost] = [placed, 0]
  for (const [, ofTier] of Map.groupBy(slices, ({ tier }) => tier)) {
    const count = Math.min(
      left,
      ofTier.reduce((room, slice) => room + slice.room, 0),
    )
    cost += spreadCost(count, ofTier)
    left -= count
  }
  return cost
}

/** Of as few domains as suffice each has one. */
function costOf(problem: Problem, chosen: readonly number[], placed: number): Cost | undefined {
  const { prices, limits, level, isPacked } = problem
  if (prices === undefined) return undefined
  const least = isPacked ? chosen.length : (limits[level]?.least ?? 0)
  return costToFill({ ...problem, prices }, new Set(chosen), placed, least)
}

function toValues({ prices }: Problem, cost: Cost | undefined): { readonly tiers: Value; readonly costs: Value } {
  return {
    tiers: cost !== undefined && prices?.hasTiers ? [cost.tier] : [],
    costs: cost !== undefined && prices?.hasCosts ? [cost.cost] : [],
  }
}

/** What each domain in use may be asked to have where a skew is to be kept. */
export function floorsOf(problem: Problem, units: readonly Unit[]): Floors {
  return bestFloors(problem.replicas, problem.limits, (floor) => reachOf(problem, units, floor))
}

function reachOf({ limits, level }: Problem, units: readonly Unit[], floor: number): Reach {
  const parts = units.map(({ path, inside }) => ({ path, reach: boundAt(level, inside, limits[level], floor) }))
  return joinReaches(foldParts(parts, limits, level - 1, 0, floor), limits.length)
}

function domainsAt(problem: Problem, units: readonly Unit[], level: number): number {
  if (level < problem.level) return new Set(units.map(({ path }) => path[level])).size
  return units.reduce((total, { parts }) => total + (parts[level] ?? 0), 0)
}

/** Σ y² / weight, least over all y that add up to `placed` within rooms: fractions of replicas allowed. */
function spreadCost(placed: number, units: readonly Pick<Unit, 'room' | 'weight'>[]): number {
  const byLevel = units
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => compare(one.room / one.weight, other.room / other.weight))
  let left = placed
  let weights = byLevel.reduce((total, { weight }) => total + weight, 0)
  let cost = 0
  for (const { room, weight } of byLevel) {
    const share = Math.min(room, (left * weight) / weights)
    cost += share ** 2 / weight
    left -= share
    weights -= weight
  }
  return cost
}

/** A bound of the value of all that have `chosen` and otherwise only units from `from` on. */
export function prepareBound(problem: Problem): (chosen: readonly number[], from: number) => Value {
  const { replicas, limits, level, units, isPacked } = problem
  const most = Math.min(limits[level]?.most ?? Infinity, units.length)
  const greatestFirst = (key: Amount) =>
    [...units.entries()]
      .map(([unit, offer]) => ({ unit, amount: offer[key] }))
      .sort((one, other) => compare(other.amount, one.amount))
  const orders = { held: greatestFirst('held'), room: greatestFirst('room'), weight: greatestFirst('weight') }
  const unmet = fewestUnmet(problem)
  const fewest = limits.map(({ least, most: allowed }, at) =>
    Math.min(least, replicas, allowed, domainsAt(problem, units, at)),
  )
  const leastCost = (chosen: readonly number[], from: number, placed: number) => {
    if (problem.prices === undefined) return undefined
    const used = new Set(chosen)
    return leastToFill(problem.prices, (unit) => unit >= from || used.has(unit), placed)
  }
  return (chosen, from) => {
    const greatest = (key: Amount, enough = Infinity, atMost = most) => {
      let total = 0
      for (const unit of chosen) total += units[unit]?.[key] ?? 0
      let count = chosen.length
      for (const { unit, amount } of orders[key]) {
        if (count >= atMost || total >= enough) break
        if (unit < from || !mayJoin(problem, chosen, unit)) continue
        total += amount
        count += 1
      }
      return { total, count }
    }
    const room = greatest('room', isPacked ? replicas : Infinity)
    const count = Math.max(room.count, fewest[level] ?? 0)
    const placed = Math.min(replicas, room.total)
    const weight = greatest('weight', Infinity, isPacked ? count : most).total
    const coarser = limits.slice(0, level).map(({ cap }, at) => {
      const used = new Set(chosen.map((unit) => units[unit]?.path[at])).size
      return Math.max(used, fewest[at] ?? 0, Math.ceil(placed / cap))
    })
    const { tiers, costs } = toValues(problem, leastCost(chosen, from, placed))
    const last = isPacked ? [...coarser, count, ...costs, -weight] : [...costs, weight > 0 ? placed ** 2 / weight : 0]
    return [unmet.now, -greatest('held').total, -placed, unmet.later, ...tiers, ...last]
  }
}

/** Domains that no choice can give a replica. */
function fewestUnmet(problem: Problem): { readonly now: number; readonly later: number } {
  const { replicas, limits, units } = problem
  const missing = (wanted: (least: number) => number) =>
    limits.reduce((total, { least, most }, level) => {
      const usable = Math.min(most, domainsAt(problem, units, level))
      return total + Math.max(0, wanted(least) - usable)
    }, 0)
  return { now: missing((least) => Math.min(least, replicas)), later: missing((least) => least) }
}

type Amount = 'held' | 'room' | 'weight'

function sum(units: readonly Unit[], key: Amount): number {
  let total = 0
  for (const unit of units) total += unit[key]
  return total
}

/** Unlike subtraction takes Infinity. */
function compare(left: number, right: number): number {
  return left === right ? 0 : left < right ? -1 : 1
}
