// Which domains to use where not all may be: those by which most constraints hold, then those that keep most, then
// place most, then cost least. Exact by branch and bound for few domains; above, a bounded search that says how far
// from the best it may be.
import { firstWhere } from './floors.ts'
import { costsFrom, isBetter, mayJoin, prepareBound, type Problem, type Value, valueOf } from './value.ts'

export interface Choice {
  /** Places in the list of units. */
  readonly chosen: readonly number[]
  /** Share by which a better choice might exceed this one, 0 to 1. 0: there is none. */
  readonly gap: number
}

const mostForExact = 20
/** However few they are. */
const mostVisits = 20_000
/** Where fewer may be better: of so many there are at most 4096 choices. */
const mostForExactOfAnySize = 12
/** Of the bounded search: exchanges that are tried, each of so many domains, and of so many with a skew. */
const mostSwaps = 2000
const mostWork = 200_000
const workOfSkew = 40
const mostPrefixes = 64

/** Of equal choices the first, in the order of the units: so it must be the same every time. */
export function chooseDomains(problem: Problem): Choice {
  const { units, limits, isPacked } = problem
  const canonical = fill(problem, [], [...units.keys()])
  const isExact = units.length <= mostForExact
  if (isPacked) return searchFor(problem, [fewest(problem, canonical)], { isAnySize: true, isExact })
  const unskewed = { ...problem, limits: limits.map((limit) => ({ ...limit, maxSkew: Infinity })) }
  const choice = searchFor(unskewed, [canonical], { isAnySize: false, isExact })
  if (limits.every(({ maxSkew }) => maxSkew === Infinity)) return choice
  // A small domain keeps all others small: where that leaves something undone, fewer domains may be better.
  const [limit, value] = [prepareBound(problem)([], 0), valueOf(problem, choice.chosen)]
  if (isAlike(problem, limit, value)) return choice
  const seeds = [choice.chosen, ...prefixes(problem, fill(problem, [], byRoom(problem)))]
  return searchFor(problem, seeds, { isAnySize: true, isExact: units.length <= mostForExactOfAnySize })
}

interface Search {
  /** A choice may be better than one that has all of it and more. */
  readonly isAnySize: boolean
  readonly isExact: boolean
}

/** The first of `seeds` that is best, and what is better. */
function searchFor(problem: Problem, seeds: readonly (readonly number[])[], { isAnySize, isExact }: Search): Choice {
  let best: readonly number[] = []
  let value = valueOf(problem, best)
  for (const seed of seeds) consider(seed)
  if (best.length === problem.units.length && !isAnySize) return { chosen: best, gap: 0 }
  const bound = prepareBound(problem)
  const limit = bound([], 0)
  let visits = isExact ? mostVisits : 0
  if (isExact) visit([], 0)
  if (visits === 0) improve()
  return { chosen: best, gap: visits > 0 ? 0 : gapBetween(value, limit) }

  function consider(chosen: readonly number[]): void {
    const other = valueOf(problem, chosen)
    if (isBetter(other, value)) [best, value] = [chosen, other]
  }

  function visit(chosen: readonly number[], from: number): void {
    if (visits === 0) return undefined
    visits -= 1
    let next = from
    while (next < problem.units.length && !mayJoin(problem, chosen, next)) next += 1
    if (next === problem.units.length) return consider(chosen)
    if (!isBetter(bound(chosen, next), value)) return undefined
    visit([...chosen, next], next + 1)
    return visit(chosen, next + 1)
  }

  /** From the best of several orders on, exchanges of one unit as long as they are better. */
  function improve(): void {
    const all = [...problem.units.keys()]
    for (const order of otherOrders(problem)) {
      const filled = fill(problem, [], order)
      if (problem.isPacked) consider(fewest(problem, filled))
      else for (const seed of isAnySize ? prefixes(problem, filled) : [filled]) consider(seed)
    }
    const work = Math.max(1, best.length) * (isAnySize && !problem.isPacked ? workOfSkew : 1)
    const swaps = Math.min(mostSwaps, mostWork / work)
    for (let swap = 0; swap < swaps && isBetter(limit, value); swap += 1) {
      const out = best[best.length - 1 - (swap % Math.max(1, best.length))]
      const used = new Set(best)
      const others = all.filter((unit) => !used.has(unit))
      const into = others[Math.floor(swap / Math.max(1, best.length)) % Math.max(1, others.length)]
      if (into === undefined) return
      const kept = best.filter((unit) => unit !== out)
      const changed = mayJoin(problem, kept, into) ? [...kept, into] : kept
      consider(isAnySize ? changed : fill(problem, changed, all))
    }
  }
}

/** `chosen` and what may join it, in their order. */
function fill(problem: Problem, chosen: readonly number[], order: readonly number[]): readonly number[] {
  const filled = [...chosen]
  const used = new Set(chosen)
  const most = problem.limits[problem.level]?.most ?? Infinity
  for (const unit of order) {
    if (filled.length >= most) break
    if (!used.has(unit) && mayJoin(problem, filled, unit)) filled.push(unit)
  }
  return filled
}

/** As few of the first as do all that more of them could. */
function fewest(problem: Problem, order: readonly number[]): readonly number[] {
  const value = valueOf(problem, order)
  const size = firstWhere(0, order.length, (count) => isAlike(problem, valueOf(problem, order.slice(0, count)), value))
  return order.slice(0, size)
}

/** The first so many of `order`, longest first, where the next would be smaller. */
function prefixes({ units }: Problem, order: readonly number[]): readonly (readonly number[])[] {
  const ends = order.flatMap((unit, index) =>
    units[unit]?.room === units[order[index + 1] ?? -1]?.room ? [] : index + 1,
  )
  const step = Math.ceil(ends.length / mostPrefixes)
  return ends
    .filter((_, index) => index % step === 0)
    .map((end) => order.slice(0, end))
    .reverse()
}

/** But for their costs. */
function isAlike(problem: Problem, one: Value, other: Value): boolean {
  return one.slice(0, costsFrom(problem)).every((number, index) => number === other[index])
}

/** Those with most room first, after those that hold some. */
function byRoom({ units }: Problem): readonly number[] {
  return [...units.keys()].sort((left, right) => {
    const [one, other] = [units[left], units[right]]
    if (one === undefined || other === undefined) return 0
    const rooms = one.room === other.room ? 0 : one.room < other.room ? 1 : -1
    return Math.sign(other.held) - Math.sign(one.held) || rooms || left - right
  })
}

/** The largest first; the first of every coarser domain first; those of each coarser domain first. */
function otherOrders(problem: Problem): readonly (readonly number[])[] {
  const { units, level } = problem
  const largest = byRoom(problem)
  return Array.from({ length: level }, (_, at) => at)
    .flatMap((at) => {
      const groups = [...Map.groupBy(largest, (unit) => units[unit]?.path[at]).values()]
      const firsts = groups.flatMap(([first]) => first ?? [])
      return [firsts, ...groups].map((group) => [...new Set([...group, ...largest])])
    })
    .concat([[...largest]])
}

function gapBetween(value: Value, limit: Value): number {
  const at = value.findIndex((number, index) => isBetter([limit[index] ?? 0], [number]))
  const [found, best] = [Math.abs(value[at] ?? 0), Math.abs(limit[at] ?? 0)]
  if (at < 0 || Math.max(found, best) === 0) return 0
  return 1 - Math.min(found, best) / Math.max(found, best)
}
