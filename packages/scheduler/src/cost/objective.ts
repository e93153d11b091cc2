// What the costs of clusters are worth together: each term times its weight, in the currency of the book.
import type { Placement } from '@flotilla/api/placement'
import type { Reservation } from '../occupy.ts'
import { combine, hashNumber } from '../hash.ts'
import { nameObjects } from '../object-names.ts'
import { Recent } from '../recent.ts'
import type { ClusterRow } from '../snapshot.ts'
import type { CostBook } from './book.ts'
import { type CostRequest, type Costs, costKeyOf, prepareCostOf } from './cost-of.ts'
import { constantLoad, type Load, loadOn } from './load.ts'

export type Objective = NonNullable<Placement['objective']>

const fixedTerms = ['price', 'latency', 'carbon'] as const
export type Term = (typeof fixedTerms)[number] | 'load'

/** What a replica on one cluster costs. */
export interface ClusterCosts {
  readonly costs: Costs
  /** Weighted sum of price, latency and carbon, what is not known at its worst: currency per replica and hour. */
  readonly fixed: number
  /** Where it is not weighed it is 0 for any number. */
  readonly load: Load
  /** What a penalty of 1 is worth, in currency per replica and hour. */
  readonly loadWeight: number
  /** Weighted terms that are not known here. */
  readonly unknown: readonly Term[]
  /** Of what the division goes by. */
  readonly hash: number
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
 * of those that are rivals, and nothing where nothing is.
 */
export function weighCosts(
  objective: Objective,
  request: ObjectiveRequest,
  book: CostBook,
  clusters: readonly ClusterRow[],
  isRival: (index: number) => boolean = () => true,
): readonly ClusterCosts[] {
  const weighed = withReservations(weighAll(objective, request, book, clusters), objective, request, clusters)
  return weighed.every(isKnown) ? weighed : withWorst(weighed, objective, isRival)
}

const isKnown = ({ unknown }: ClusterCosts) => unknown.length === 0

/** Costs of clusters that are known by the names of their rows, in their order. */
interface Weighed {
  readonly rows: readonly number[]
  readonly costs: readonly ClusterCosts[]
}

/** Clusters times requests, about 2 KB each. */
const mostWeighed = 2 ** 16
const weighedBefore = new Recent<string, Weighed>(mostWeighed, ({ costs }) => costs.length)
const nameOf = nameObjects()

/** With no cost for what is not known, and where nothing is reserved: found once for all that ask for the same. */
function weighAll(
  objective: Objective,
  request: CostRequest,
  book: CostBook,
  clusters: readonly ClusterRow[],
): readonly ClusterCosts[] {
  const key = `${nameOf(objective)} ${nameOf(book)} ${costKeyOf(request, book)}`
  const rows = namesOf(clusters)
  const before = weighedBefore.get(key)
  if (before?.rows === rows) return before.costs
  const costOf = prepareCostOf(request, book)
  const loadOf = prepareLoad(objective, request)
  const costs = clusters.map((cluster, place) => {
    const known = before?.rows[place] === rows[place] ? before?.costs[place] : undefined
    return known ?? weigh(objective, costOf(cluster), loadOf(cluster))
  })
  weighedBefore.set(key, { rows, costs })
  return costs
}

const names = new WeakMap<readonly ClusterRow[], readonly number[]>()

/** Names, not the rows themselves: what is known of costs does not keep what is told of clusters no more. */
function namesOf(clusters: readonly ClusterRow[]): readonly number[] {
  const known = names.get(clusters) ?? clusters.map(nameOf)
  names.set(clusters, known)
  return known
}

const noLoad = constantLoad(0)

function prepareLoad({ load = 0 }: Objective, { requirements }: CostRequest) {
  return (cluster: ClusterRow): Load | undefined => (load > 0 ? loadOn(cluster, requirements) : noLoad)
}

/** `worst`: of terms that are not known. */
function weigh(
  objective: Objective,
  costs: Costs,
  load: Load | undefined,
  worst: Readonly<Partial<Record<Term, number>>> = {},
): ClusterCosts {
  const { load: loadWeight = 0 } = objective
  const unknown: Term[] = []
  let fixed = 0
  for (const term of fixedTerms) {
    const weight = objective[term] ?? 0
    if (weight > 0 && costs[term] === undefined) unknown.push(term)
    if (weight > 0) fixed += weight * (costs[term] ?? worst[term] ?? 0)
  }
  if (load === undefined) unknown.push('load')
  const sure = load ?? constantLoad(worst.load ?? 0)
  return { costs, fixed, load: sure, loadWeight, unknown, hash: combine(hashNumber(fixed), sure.hash) }
}

function withReservations(
  weighed: readonly ClusterCosts[],
  objective: Objective,
  { requirements, reservedOn }: ObjectiveRequest,
  clusters: readonly ClusterRow[],
): readonly ClusterCosts[] {
  if (reservedOn === undefined || (objective.load ?? 0) === 0) return weighed
  let after: ClusterCosts[] | undefined
  for (const [index, cluster] of clusters.entries()) {
    const reserved = reservedOn(cluster.id)
    const own = weighed[index]
    if (reserved.length === 0 || own === undefined) continue
    after ??= [...weighed]
    after[index] = weigh(objective, own.costs, loadOn(cluster, requirements, reserved))
  }
  return after ?? weighed
}

function withWorst(
  weighed: readonly ClusterCosts[],
  objective: Objective,
  isRival: (index: number) => boolean,
): readonly ClusterCosts[] {
  const worst = { price: 0, latency: 0, carbon: 0, load: 0 }
  for (const [index, { costs, load, unknown }] of weighed.entries()) {
    if (!isRival(index)) continue
    for (const term of fixedTerms) worst[term] = Math.max(worst[term], costs[term] ?? 0)
    if (!unknown.includes('load')) worst.load = Math.max(worst.load, load.next)
  }
  return weighed.map((own) => {
    const load = own.unknown.includes('load') ? undefined : own.load
    return isKnown(own) ? own : weigh(objective, own.costs, load, worst)
  })
}

/** Cost of the next replica, in currency per replica and hour. */
export function nextCost({ fixed, load, loadWeight }: ClusterCosts): number {
  return fixed + loadWeight * load.next
}

/** Penalty of the next replica; undefined: it is not weighed, or not known. */
export function loadOfNext({ load, loadWeight, unknown }: ClusterCosts): number | undefined {
  return loadWeight > 0 && !unknown.includes('load') ? load.next : undefined
}
