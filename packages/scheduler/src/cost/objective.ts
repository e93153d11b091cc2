// What the costs of clusters are worth together: each term times its weight, in the currency of the book.
import type { Placement } from '@flotilla/api/placement'
import type { Reservation } from '../occupy.ts'
import type { ClusterRow } from '../snapshot.ts'
import type { CostBook } from './book.ts'
import { type CostRequest, type Costs, prepareCostOf } from './cost-of.ts'
import { type LoadStep, loadSteps } from './load.ts'

export type Objective = NonNullable<Placement['objective']>

const fixedTerms = ['price', 'latency', 'carbon'] as const
export type Term = (typeof fixedTerms)[number] | 'load'

/** What a replica on one cluster costs. */
export interface ClusterCosts {
  readonly costs: Costs
  /** Weighted sum of price, latency and carbon, what is not known at its worst: currency per replica and hour. */
  readonly fixed: number
  /** By replicas added to what is there now, rising, the last without end; where load is not weighed one step of 0. */
  readonly load: readonly LoadStep[]
  /** What a penalty of 1 is worth, in currency per replica and hour. */
  readonly loadWeight: number
  /** Weighted terms that are not known here. */
  readonly unknown: readonly Term[]
}

/** Undefined where placement does not go by costs. */
export function objectiveOf({ objective }: Placement): Objective | undefined {
  return objective !== undefined && [...fixedTerms, 'load' as const].some((term) => (objective[term] ?? 0) > 0)
    ? objective
    : undefined
}

export interface ObjectiveRequest extends CostRequest {
  readonly reservedOn?: (clusterId: string) => readonly Reservation[]
}

/**
 * Costs of all `clusters`, in their order. What is not known of a cluster counts as much as the worst that is known
 * of `rivals`, and nothing where nothing is.
 */
export function weighCosts(
  objective: Objective,
  request: ObjectiveRequest,
  book: CostBook,
  clusters: readonly ClusterRow[],
  rivals: readonly ClusterRow[] = clusters,
): readonly ClusterCosts[] {
  const costsOn = prepareCostOf(request, book)
  const loadOn = prepareLoad(objective, request)
  const weighed = fixedTerms.flatMap((term) => {
    const weight = objective[term] ?? 0
    return weight > 0 ? [{ term, weight, worst: worstOf(rivals.map((cluster) => costsOn(cluster)[term])) }] : []
  })
  const worstLoad = worstOf(rivals.map((cluster) => penaltyOfNext(loadOn(cluster))))
  return clusters.map((cluster) => {
    const costs = costsOn(cluster)
    const load = loadOn(cluster)
    const unknown: Term[] = weighed.flatMap(({ term }) => (costs[term] === undefined ? [term] : []))
    if (load === undefined) unknown.push('load')
    const fixed = weighed.reduce((sum, { term, weight, worst }) => sum + weight * (costs[term] ?? worst), 0)
    const steps = load ?? [{ penalty: worstLoad, upTo: Number.POSITIVE_INFINITY }]
    return { costs, fixed, load: steps, loadWeight: objective.load ?? 0, unknown }
  })
}

/** Cost of the next replica, in currency per replica and hour. */
export function nextCost({ fixed, load, loadWeight }: ClusterCosts): number {
  return fixed + loadWeight * (penaltyOfNext(load) ?? 0)
}

/** Penalty of the next replica; undefined: it is not weighed, or not known. */
export function loadOfNext({ load, loadWeight, unknown }: ClusterCosts): number | undefined {
  return loadWeight > 0 && !unknown.includes('load') ? penaltyOfNext(load) : undefined
}

const noLoad: readonly LoadStep[] = [{ penalty: 0, upTo: Number.POSITIVE_INFINITY }]

function prepareLoad({ load = 0 }: Objective, { requirements, reservedOn }: ObjectiveRequest) {
  return (cluster: ClusterRow): readonly LoadStep[] | undefined =>
    load > 0 ? loadSteps(cluster, requirements, reservedOn?.(cluster.id)) : noLoad
}

function penaltyOfNext(steps: readonly LoadStep[] | undefined): number | undefined {
  return steps?.find(({ upTo }) => upTo >= 1)?.penalty
}

function worstOf(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((worst, value = 0) => Math.max(worst, value), 0)
}
