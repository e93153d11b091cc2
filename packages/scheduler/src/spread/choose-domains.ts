// Which domains to use where not all may be: those that keep most, then place most, then cost least. Exact by branch
// and bound up to 20 domains; above, a bounded search that says how far from the best it may be.

export interface DomainOffer {
  /** Replicas that are there already: leaving them would be a move. */
  readonly held: number
  /** Replicas that it could have: Infinity for no bound. */
  readonly room: number
  /** Of all its clusters together. */
  readonly weight: number
  /** Unique: of equal domains the lower goes first. */
  readonly tie: number
}

export interface Choice {
  /** Places in the list of offers. */
  readonly chosen: readonly number[]
  /** Share by which a better choice might exceed this one, 0 to 1. 0: there is none. */
  readonly gap: number
}

/** A better choice has a greater first value that differs. */
interface Value {
  readonly kept: number
  readonly placed: number
  readonly cost: number
}

const mostForExact = 20
const mostSwaps = 2000

/** `most` of the offers, or all when there are no more. */
export function chooseDomains(replicas: number, offers: readonly DomainOffer[], most: number): Choice {
  if (offers.length <= most) return { chosen: [...offers.keys()], gap: 0 }
  const order = [...offers.keys()].sort((left, right) => compareOffers(offers[left], offers[right]))
  const sorted = order.map((index) => offers[index]).filter((offer) => offer !== undefined)
  const search = sorted.length > mostForExact ? searchBounded : searchExactly
  const { chosen, gap } = search(replicas, sorted, most)
  return { chosen: chosen.map((rank) => order[rank] ?? 0), gap }
}

function compareOffers(left: DomainOffer | undefined, right: DomainOffer | undefined): number {
  if (left === undefined || right === undefined) return 0
  return right.held - left.held || right.weight - left.weight || left.tie - right.tie
}

function searchExactly(replicas: number, offers: readonly DomainOffer[], most: number): Choice {
  let best: readonly number[] = [...offers.keys()].slice(0, most)
  let bestValue = valueOf(replicas, offers, best)
  const bound = prepareBound(replicas, offers, most)
  const visit = (chosen: readonly number[], from: number): void => {
    if (chosen.length === most) {
      const value = valueOf(replicas, offers, chosen)
      if (isBetter(value, bestValue)) [best, bestValue] = [chosen, value]
      return
    }
    if (offers.length - from < most - chosen.length) return
    if (!isBetter(bound(chosen, from), bestValue)) return
    visit([...chosen, from], from + 1)
    visit(chosen, from + 1)
  }
  visit([], 0)
  return { chosen: best, gap: 0 }
}

/** The best of each value for itself, then better exchanges of one domain as long as they are found. */
function searchBounded(replicas: number, offers: readonly DomainOffer[], most: number): Choice {
  const ranks = [...offers.keys()]
  const byRoom = ranks.toSorted((left, right) => {
    const [one, other] = [offers[left], offers[right]]
    if (one === undefined || other === undefined) return 0
    return other.held - one.held || Math.sign(compare(other.room, one.room)) || left - right
  })
  const limit = prepareBound(replicas, offers, most)([], 0)
  let best: readonly number[] = ranks.slice(0, most)
  let value = valueOf(replicas, offers, best)
  const consider = (chosen: readonly number[]) => {
    const other = valueOf(replicas, offers, chosen)
    if (isBetter(other, value)) [best, value] = [chosen, other]
  }
  consider(byRoom.slice(0, most))
  for (let swap = 0; swap < mostSwaps && isBetter(limit, value); swap += 1) {
    const out = best[best.length - 1 - (swap % most)]
    const used = new Set(best)
    const into = ranks.filter((rank) => !used.has(rank))[Math.floor(swap / most) % (ranks.length - most)]
    if (into !== undefined) consider(best.map((rank) => (rank === out ? into : rank)))
  }
  return { chosen: best, gap: gapBetween(value, limit) }
}

function gapBetween(value: Value, limit: Value): number {
  if (!isBetter(limit, value)) return 0
  if (limit.kept > value.kept) return 1 - value.kept / limit.kept
  if (limit.placed > value.placed) return 1 - value.placed / limit.placed
  return 1 - limit.cost / value.cost
}

function valueOf(replicas: number, offers: readonly DomainOffer[], chosen: readonly number[]): Value {
  const domains = chosen.flatMap((rank) => offers[rank] ?? [])
  const placed = Math.min(replicas, sum(domains, 'room'))
  return { kept: sum(domains, 'held'), placed, cost: spreadCost(placed, domains) }
}

/** Σ y² / weight, least over all y that add up to `placed` within rooms: fractions of replicas allowed. */
function spreadCost(placed: number, domains: readonly DomainOffer[]): number {
  const byLevel = domains
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => compare(one.room / one.weight, other.room / other.weight))
  let left = placed
  let weights = sum(byLevel, 'weight')
  let cost = 0
  for (const { room, weight } of byLevel) {
    const share = Math.min(room, (left * weight) / weights)
    cost += share ** 2 / weight
    left -= share
    weights -= weight
  }
  return cost
}

/** What no choice that has `chosen` and otherwise only domains from `from` on can exceed. */
function prepareBound(replicas: number, offers: readonly DomainOffer[], most: number) {
  const greatestFirst = (key: Amount) =>
    [...offers.entries()]
      .map(([rank, offer]) => ({ rank, amount: offer[key] }))
      .sort((one, other) => compare(other.amount, one.amount))
  const orders = { held: greatestFirst('held'), room: greatestFirst('room'), weight: greatestFirst('weight') }
  return (chosen: readonly number[], from: number): Value => {
    const greatest = (key: Amount) => {
      let total = 0
      for (const rank of chosen) total += offers[rank]?.[key] ?? 0
      let left = most - chosen.length
      for (const { rank, amount } of orders[key]) {
        if (left === 0) break
        if (rank < from) continue
        total += amount
        left -= 1
      }
      return total
    }
    const placed = Math.min(replicas, greatest('room'))
    const weight = greatest('weight')
    return { kept: greatest('held'), placed, cost: weight > 0 ? placed ** 2 / weight : 0 }
  }
}

/** Costs that differ by rounding are equal. */
function isBetter(one: Value, other: Value): boolean {
  if (one.kept !== other.kept) return one.kept > other.kept
  if (one.placed !== other.placed) return one.placed > other.placed
  return one.cost < other.cost * (1 - 1e-12)
}

type Amount = 'held' | 'room' | 'weight'

function sum(domains: readonly DomainOffer[], key: Amount): number {
  let total = 0
  for (const domain of domains) total += domain[key]
  return total
}

/** Unlike subtraction takes Infinity. */
function compare(left: number, right: number): number {
  return left === right ? 0 : left < right ? -1 : 1
}
