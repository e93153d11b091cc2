// What all that is decided costs: money and carbon of all replicas, and how far users are from them.
import type { PlanStatus } from '@flotilla/api/plan'
import { prepareCostOf } from '../cost/cost-of.ts'
import { compareTurns } from '../order.ts'
import { type Fleet, replicasOn } from './fleet.ts'

type Costs = NonNullable<PlanStatus['totals']['costs']>

interface Sums {
  /** Per hour. Undefined: unknown of some replica. */
  readonly price: number | undefined
  /** Kilograms per hour. */
  readonly carbon: number | undefined
  /** Milliseconds, over all replicas of which it is known; undefined: of none. */
  readonly latency: number | undefined
}

/** Undefined where nobody has said what anything costs and no placement goes by it. */
export function* compareCostSteps(before: Fleet, after: Fleet): Generator<void, Costs | undefined> {
  if (!isAsked(before) && !isAsked(after)) return undefined
  const [from, to] = [yield* sumSteps(before), yield* sumSteps(after)]
  return {
    currency: after.book.currency,
    ...changeOf('price', from.price, to.price),
    ...changeOf('carbon', from.carbon, to.carbon),
    ...changeOf('latency', from.latency, to.latency),
  }
}

function isAsked({ book, works }: Fleet): boolean {
  const isKnown = book.prices.length > 0 || book.carbon.length > 0 || book.traffic.length > 0
  return isKnown || works.some(({ request: { placement } }) => placement.objective !== undefined)
}

function* sumSteps({ clusters, book, works }: Fleet): Generator<void, Sums> {
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]))
  let price: number | undefined = 0
  let carbon: number | undefined = book.carbon.length > 0 ? 0 : undefined
  let [latency, users] = [0, 0]
  for (const { request } of works.toSorted(compareTurns)) {
    if (request.replicas === undefined) continue
    yield
    const costOf = prepareCostOf(request, book)
    for (const entry of request.previous?.clusters ?? []) {
      const cluster = byId.get(entry.id)
      const replicas = replicasOn(entry)
      if (cluster === undefined || replicas === 0) continue
      const costs = costOf(cluster)
      price = add(price, costs.price, replicas)
      carbon = add(carbon, costs.carbon, replicas)
      if (costs.latency === undefined) continue
      latency += costs.latency * replicas
      users += replicas
    }
  }
  return { price, carbon, latency: users === 0 ? undefined : latency / users }
}

function add(sum: number | undefined, each: number | undefined, replicas: number): number | undefined {
  return sum === undefined || each === undefined ? undefined : sum + each * replicas
}

/** Digits beyond the ninth are of the arithmetic. */
function changeOf<Term extends string>(term: Term, from: number | undefined, to: number | undefined) {
  if (from === undefined || to === undefined) return {}
  const rounded = (value: number) => Number(value.toPrecision(9))
  return { [term]: { from: rounded(from), to: rounded(to) } } as Partial<Record<Term, { from: number; to: number }>>
}
