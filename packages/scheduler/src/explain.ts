// Why it was decided so: verdicts of the clusters that matter most, and a histogram of the rest.
import type { DecidedCluster, Explanation, Shortfall, Verdict, VerdictCosts } from '@flotilla/api/resource-binding'
import { type Allocation, nameSome } from './allocation.ts'
import { type ClusterCosts, loadOfNext, nextCost } from './cost/objective.ts'
import { estimateReplicas } from './estimate.ts'
import { isLeaving } from './holding.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'
import { compareText } from './snapshot.ts'

/** Verdicts that are stored; those of other clusters come from deciding again. */
export const storedVerdicts = 32

interface Outcome {
  readonly request: ScheduleRequest
  readonly judged: readonly Judged[]
  readonly clusters: readonly DecidedCluster[]
  readonly allocation: Allocation
  readonly trigger: string
  readonly inputHash: string
  /** Of costs. */
  readonly currency: string
}

export function explain(outcome: Outcome, limit = storedVerdicts): Explanation {
  const { judged, clusters, allocation, trigger, inputHash, currency } = outcome
  const decided = new Map(clusters.map((cluster) => [cluster.id, cluster]))
  return {
    trigger,
    inputHash,
    feasible: judged.filter(({ isFeasible }) => isFeasible).length,
    rejected: countRejections(judged),
    clusters: rankFirst(judged, decided, limit).map((one) => toVerdict(one, decided.get(one.cluster.id), outcome)),
    ...(judged.some(({ costs }) => costs !== undefined) ? { currency } : {}),
    ...(allocation.gap === undefined ? {} : { gapPercent: Math.ceil(allocation.gap * 100) }),
  }
}

/** Clusters rejected by filter name, names sorted; a cluster counts for each filter that rejects it. */
export function countRejections(judged: readonly Judged[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const { isFeasible, objections } of judged) {
    if (isFeasible) continue
    for (const { filter } of objections) counts.set(filter, (counts.get(filter) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].sort(([left], [right]) => compareText(left, right)))
}

/** What to say when no cluster fits. `wanted`: replicas, 0 for objects without. */
export function explainNothing(judged: readonly Judged[], wanted: number): Shortfall {
  const reason = 'Unschedulable'
  if (judged.length === 0) {
    return { reason, message: 'no cluster is registered; see `flotilla join --help`', missingReplicas: wanted }
  }
  const counts = Object.entries(countRejections(judged)).map(([filter, count]) => `${filter} ${count}`)
  const details = judged.map(({ cluster, objections }) => `${cluster.name}: ${objections[0]?.describe() ?? ''}`)
  const message = `none of ${judged.length} clusters fits (${counts.join(', ')}): ${nameSome(details.sort(), 3)}`
  return { reason, message, missingReplicas: wanted }
}

const inUnusedDomain = { filter: 'SpreadConstraint', message: 'its failure domain is not among those used' }

const ranks = 5

/** The first `limit` by rank; those of one rank in the order that they come in, which is by name. */
function rankFirst(
  judged: readonly Judged[],
  decided: ReadonlyMap<string, DecidedCluster>,
  limit: number,
): readonly Judged[] {
  const byRank = Array.from({ length: ranks }, (): Judged[] => [])
  for (const one of judged) {
    const ofRank = byRank[rankOf(one, decided.get(one.cluster.id))]
    if (ofRank !== undefined && ofRank.length < limit) ofRank.push(one)
  }
  return byRank.flat().slice(0, limit)
}

/** 0 to 4. */
function rankOf(judged: Judged, decided: DecidedCluster | undefined): number {
  if (decided !== undefined) return isLeaving(decided) ? 1 : 0
  if (judged.isFeasible) return judged.objections.length > 0 ? 2 : 3
  return judged.holding === undefined ? 4 : 1
}

function toVerdict(judged: Judged, decided: DecidedCluster | undefined, { request, allocation }: Outcome): Verdict {
  const { cluster, objections, limit, costs } = judged
  const { replicas, requirements, reservedOn } = request
  const estimate =
    replicas === undefined ? undefined : estimateReplicas(cluster, requirements, reservedOn?.(cluster.id))
  const reasons = objections.map((objection) => ({ filter: objection.filter, message: objection.describe() }))
  if (allocation.unused?.has(cluster.id)) reasons.push(inUnusedDomain)
  const gaveWay = request.yields?.get(cluster.id)
  if (gaveWay?.isOver && allocation.shortfall) reasons.push({ filter: 'Preempted', message: gaveWay.message })
  if (judged.reluctance !== undefined) reasons.push({ filter: 'PreferredAffinity', message: judged.reluctance() })
  if (objections.length === 0 && (decided?.replicas ?? 0) >= limit) {
    reasons.push({ filter: 'Room', message: limit === 0 ? 'it has no room' : `it is full with ${limit}` })
  }
  return {
    name: cluster.name,
    verdict: verdictOf(judged, decided),
    ...(reasons.length === 0 ? {} : { reasons }),
    ...(costs === undefined ? {} : { cost: exact(nextCost(costs)), costs: toTerms(costs) }),
    ...(estimate === undefined ? {} : { estimate }),
    ...(decided?.replicas === undefined ? {} : { replicas: decided.replicas }),
  }
}

function toTerms(weighed: ClusterCosts): VerdictCosts {
  const { costs, unknown } = weighed
  const { priceSheet, ...terms } = costs
  const load = loadOfNext(weighed)
  return {
    ...Object.fromEntries(Object.entries(terms).map(([term, value]) => [term, exact(value)])),
    ...(priceSheet === undefined ? {} : { priceSheet }),
    ...(load === undefined ? {} : { load: exact(load) }),
    ...(unknown.length === 0 ? {} : { unknown }),
  }
}

/** Without the last digits of sums of fractions. */
function exact(value: number): number {
  return Number(value.toPrecision(12))
}

function verdictOf({ isFeasible, objections }: Judged, decided: DecidedCluster | undefined): Verdict['verdict'] {
  if (!isFeasible) return 'Rejected'
  if (objections.length > 0) return 'Capped'
  return decided === undefined || isLeaving(decided) ? 'Feasible' : 'Chosen'
}
