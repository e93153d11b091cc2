// What the costs of clusters are worth together: each term times its weight, in the currency of the book.
import type { Placement } from '@flotilla/api/placement'
import type { Reservation } from '../occupy.ts'
import type { ClusterRow } from '../snapshot.ts'
import type { CostBook } from './book.ts'
import { type CostRequest, type Costs, prepareCostOf } from './cost-of.ts'
import { constantLoad, type Load, loadOn } from './load.ts'
import type { Scores } from './scores.ts'

export type Objective = NonNullable<Placement['objective']>

const fixedTerms = ['price', 'latency', 'carbon'] as const
export type Term = (typeof fixedTerms)[number] | 'external' | 'load'

/** What a replica on one cluster costs. */
export interface ClusterCosts {
  readonly costs: Costs
  /** Weighted sum of price, latency, carbon and what a scorer says, what is not known at its worst: currency per replica and hour. */
  readonly fixed: number
  /** Where it is not weighed it is 0 for any number. */
  readonly load: Load
  /** What a penalty of 1 is worth, in currency per replica and hour. */
  readonly loadWeight: number
  /** Weighted terms that are not known here. */
  readonly unknown: readonly Term[]
}

/** Undefined where placement does not go by costs. */
export function objectiveOf({ objective }: Placement): Objective | undefined {
  if (objective === undefined || objective.external !== undefined) return objective
  return [...fixedTerms, 'load' as const].some((term) => (objective[term] ?? 0) > 0) ? objective : undefined
}

export interface ObjectiveRequest extends CostRequest {
  readonly reservedOn?: (clusterId: string) => readonly Reservation[]
  readonly scores?: Scores
}

/**
 * Costs of all `clusters`, in their order. What is not known of a cluster counts as much as the worst that is known
 * of those that are rivals, and nothing where nothing is.
 */
export function weighCosts(
  objective: Objective,
  request: ObjectiveRequest,
  book: CostBook,
  clusters: readonly ClusterRow[],
  isRival: (index: number) => boolean = () => true,
): readonly ClusterCosts[] {
  const costs = withScores(clusters.map(prepareCostOf(request, book)), request, clusters)
  const loads = clusters.map(prepareLoad(objective, request))
  const worstOf = (valueAt: (index: number) => number | undefined) => {
    let worst = 0
    for (const index of clusters.keys()) if (isRival(index)) worst = Math.max(worst, valueAt(index) ?? 0)
    return worst
  }
  const { external: { weight: external = 1 } = { weight: 0 } } = objective
  const weighed = ([...fixedTerms, 'external'] as const).flatMap((term) => {
    const weight = term === 'external' ? external : (objective[term] ?? 0)
    return weight > 0 ? [{ term, weight, worst: worstOf((index) => costs[index]?.[term]) }] : []
  })
  const unknownLoad = constantLoad(worstOf((index) => loads[index]?.next))
  const loadWeight = objective.load ?? 0
  return costs.map((own, index) => {
    let fixed = 0
    for (const { term, weight, worst } of weighed) fixed += weight * (own[term] ?? worst)
    const load = loads[index]
    const missing: readonly Term[] = weighed.flatMap(({ term }) => (own[term] === undefined ? [term] : []))
    const unknown = load === undefined ? [...missing, 'load' as const] : missing
    return { costs: own, fixed, load: load ?? unknownLoad, loadWeight, unknown }
  })
}

function withScores(
  costs: readonly Costs[],
  { scores }: ObjectiveRequest,
  clusters: readonly ClusterRow[],
): readonly Costs[] {
  if (scores === undefined) return costs
  return costs.map((own, index) => {
    const external = scores.costs.get(clusters[index]?.name ?? '')
    return external === undefined ? own : { ...own, external }
  })
}

/** Cost of the next replica, in currency per replica and hour. */
export function nextCost({ fixed, load, loadWeight }: ClusterCosts): number {
  return fixed + loadWeight * load.next
}

/** Cost of so many replicas more, in currency per hour. */
export function costOfReplicas({ fixed, load, loadWeight }: ClusterCosts, replicas: number): number {
  let [cost, from] = [replicas * fixed, 0]
  for (const { penalty, upTo } of load.steps) {
    const to = Math.min(Math.max(from, upTo), replicas)
    cost += (to - from) * loadWeight * penalty
    from = to
  }
  return cost
}

/** Penalty of the next replica; undefined: it is not weighed, or not known. */
export function loadOfNext({ load, loadWeight, unknown }: ClusterCosts): number | undefined {
  return loadWeight > 0 && !unknown.includes('load') ? load.next : undefined
}

const noLoad = constantLoad(0)

function prepareLoad({ load = 0 }: Objective, { requirements, reservedOn }: ObjectiveRequest) {
  return (cluster: ClusterRow): Load | undefined =>
    load > 0 ? loadOn(cluster, requirements, reservedOn?.(cluster.id)) : noLoad
}
