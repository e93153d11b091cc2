// Prices of room: what a unit of a resource on a cluster must cost so that not more is asked for than there is.
import { optionsOf } from './assignment.ts'
import type { Problem } from './problem.ts'

export interface Prices {
  /** By cluster and resource, per unit; not negative. */
  readonly unit: Float64Array
  /** No placement of as many replicas costs less: the best value of the Lagrangian dual that was met. */
  readonly bound: number
}

export interface PriceOptions {
  readonly rounds: number
  /** A replica that would cost more, room included, asks for none. Default: none does. */
  readonly reserve?: number
}

/**
 * Lowers and raises prices by how far demand is from capacity (a subgradient of the dual), with steps that shrink and a
 * direction that remembers the last ones, since each workload asks for its cheapest option alone. Goes by costs and
 * room only, not by what runs where. Yields after each round.
 */
export function* findPrices(problem: Problem, { rounds, reserve }: PriceOptions): Generator<void, Prices> {
  const { capacity } = problem
  const prices = new Float64Array(capacity.length)
  const direction = new Float64Array(capacity.length)
  const scale = scaleOf(problem)
  const demand = new Float64Array(capacity.length)
  let best = prices.slice()
  let bound = Number.NEGATIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const dual = ask(problem, prices, reserve ?? Number.POSITIVE_INFINITY, demand)
    if (dual > bound) [bound, best] = [dual, prices.slice()]
    const step = firstStep / (1 + round / halving)
    for (const [at, room] of capacity.entries()) {
      const excess = room > 0 ? Math.min(1, ((demand[at] ?? 0) - room) / room) : 1
      const next = memory * (direction[at] ?? 0) + (1 - memory) * excess
      direction[at] = next
      prices[at] = Math.max(0, (prices[at] ?? 0) + step * next * (scale[at % problem.resources] ?? 0))
    }
    yield
  }
  return { unit: best, bound }
}

const firstStep = 0.5
const halving = 8
const memory = 0.6

/** What a unit of each resource costs on average, were every replica to run at the average cost of its options. */
function scaleOf(problem: Problem): Float64Array {
  const { resources, replicas, request, cost } = problem
  const asked = new Float64Array(resources)
  let total = 0
  for (const [workload, count] of replicas.entries()) {
    const [from, to] = optionsOf(problem, workload)
    let sum = 0
    for (let option = from; option < to; option++) sum += cost[option] ?? 0
    if (to > from) total += (count * sum) / (to - from)
    for (let resource = 0; resource < resources; resource++) {
      asked[resource] = (asked[resource] ?? 0) + count * (request[workload * resources + resource] ?? 0)
    }
  }
  return asked.map((units) => (units > 0 ? total / (units * resources) : 0))
}

/** Fills `demand` with what workloads ask for at these prices; returns the value of the dual. */
function ask(problem: Problem, prices: Float64Array, reserve: number, demand: Float64Array): number {
  const { resources, replicas, capacity, cluster, request, max, min } = problem
  demand.fill(0)
  let dual = 0
  for (const [at, price] of prices.entries()) dual -= price * (capacity[at] ?? 0)
  const reduced = new Float64Array(mostOptions(problem))
  for (const [workload, count] of replicas.entries()) {
    const [from, to] = optionsOf(problem, workload)
    let left = count
    for (let option = from; option < to; option++) {
      const price = reducedCost(problem, prices, option)
      reduced[option - from] = price
      const pinned = min[option] ?? 0
      if (pinned > 0) left -= take(option, pinned, price)
    }
    while (left > 0) {
      let cheapest = -1
      let least = reserve
      for (let option = from; option < to; option++) {
        const price = reduced[option - from] ?? 0
        if (price < least) [cheapest, least] = [option, price]
      }
      if (cheapest < 0) break
      left -= take(cheapest, Math.min(left, (max[cheapest] ?? 0) - (min[cheapest] ?? 0)), least)
      reduced[cheapest - from] = Number.POSITIVE_INFINITY
    }
    if (left > 0 && Number.isFinite(reserve)) dual += left * reserve
  }
  return dual

  function take(option: number, count: number, price: number): number {
    const [from, at] = [(problem.workload[option] ?? 0) * resources, (cluster[option] ?? 0) * resources]
    for (let resource = 0; resource < resources; resource++) {
      demand[at + resource] = (demand[at + resource] ?? 0) + count * (request[from + resource] ?? 0)
    }
    dual += count * price
    return count
  }
}

/** The cost of one replica with the room that it takes. */
export function reducedCost(
  { resources, workload, cluster, request, cost }: Problem,
  prices: Float64Array,
  option: number,
): number {
  const [from, at] = [(workload[option] ?? 0) * resources, (cluster[option] ?? 0) * resources]
  let price = cost[option] ?? 0
  for (let resource = 0; resource < resources; resource++) {
    price += (prices[at + resource] ?? 0) * (request[from + resource] ?? 0)
  }
  return price
}

/** Of one workload. */
function mostOptions({ first }: Problem): number {
  return first.reduce((most, to, index) => Math.max(most, to - (first[index - 1] ?? 0)), 0)
}
