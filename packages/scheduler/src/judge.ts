// Runs every filter on every cluster and keeps all that they say.
import { type ClusterCosts, objectiveOf, weighCosts } from './cost/objective.ts'
import { freeRoom } from './estimate.ts'
import { apiSupport } from './filters/api-support.ts'
import { deleting, notReady, suspended } from './filters/availability.ts'
import { clusterAffinity } from './filters/cluster-affinity.ts'
import { compliance } from './filters/compliance.ts'
import type { Filter, Objection } from './filters/filter.ts'
import { room } from './filters/room.ts'
import { spreadDomain } from './filters/spread-domain.ts'
import { taintToleration } from './filters/taint-toleration.ts'
import { workloadAffinity, workloadAntiAffinity } from './filters/workload-affinity.ts'
import type { Holding } from './holding.ts'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import type { ClusterRow, Snapshot } from './snapshot.ts'
import { prepareTiers } from './tier.ts'

export const filters: readonly Filter[] = [
  clusterAffinity,
  compliance,
  taintToleration,
  apiSupport,
  notReady,
  suspended,
  deleting,
  room,
  spreadDomain,
  workloadAffinity,
  workloadAntiAffinity,
]

export interface NamedObjection extends Objection {
  readonly filter: string
}

export interface Judged {
  readonly cluster: ClusterRow
  /** What the previous decision has it hold; none: it does not have the object. */
  readonly holding?: Holding
  /** What a rebalance wants it to hold; none: there is no rebalance. */
  readonly target?: number
  readonly objections: readonly NamedObjection[]
  readonly isFeasible: boolean
  /** 0: the first, or there are none. */
  readonly tier: number
  /**
   * Replicas that it may have at most: what it holds where growth is off, what it holds and what fits besides where
   * the mode goes by free room, else Infinity. 0 when not feasible.
   */
  readonly limit: number
  /** Where the placement goes by costs. */
  readonly costs?: ClusterCosts
}

const noObjections: readonly NamedObjection[] = []

/** `holdings` by cluster id. */
export function judgeClusters(
  request: ScheduleRequest,
  snapshot: Snapshot,
  holdings: ReadonlyMap<string, Holding>,
): readonly Judged[] {
  const { force, target } = request
  const judges = filters.map((filter) => ({ filter: filter.name, judge: filter.prepare(request, snapshot) }))
  const judgesOfForced = force ? judges.filter(({ filter }) => !force.waived.has(filter)) : judges
  const growthOf = prepareGrowth(request)
  const tierOf = force?.waived.has('clusterAffinities') === true ? () => 0 : prepareTiers(request.placement)
  const judged = snapshot.clusters.map((cluster) => {
    const holding = holdings.get(cluster.id)
    const objections = objectionsOf(cluster, cluster.id === force?.clusterId ? judgesOfForced : judges)
    const { isFeasible, limit } = standing(objections, holding)
    const bound = objections.length === 0 ? (holding?.replicas ?? 0) + growthOf(cluster) : limit
    const tier = tierOf(cluster) ?? 0
    const wanted = { ...(holding && { holding }), ...(target && { target: target.get(cluster.id) ?? 0 }) }
    return { cluster, ...wanted, objections, isFeasible, tier, limit: bound }
  })
  return withCosts(judged, request, snapshot)
}

/** What is not known of a cluster is as bad as the worst of those that can be used. */
function withCosts(
  judged: readonly Judged[],
  request: ScheduleRequest,
  { clusters, book }: Snapshot,
): readonly Judged[] {
  const objective = objectiveOf(request.placement)
  if (objective === undefined) return judged
  const costs = weighCosts(objective, request, book, clusters, (index) => judged[index]?.isFeasible === true)
  return judged.map((each, index) => {
    const own = costs[index]
    return own === undefined ? each : { ...each, costs: own }
  })
}

/** Replicas that a cluster to which nothing objects may take besides what it holds. */
function prepareGrowth({ replicas, placement, requirements, reservedOn, force }: ScheduleRequest) {
  if (replicas === undefined || !isBoundByRoom(placement)) return () => Number.POSITIVE_INFINITY
  const withRoom = force?.waived.has('Room') === true ? force.clusterId : undefined
  return (cluster: ClusterRow) => {
    const room = freeRoom(cluster, requirements, reservedOn?.(cluster.id)) ?? 0
    return cluster.id === withRoom ? Math.max(1, room) : room
  }
}

function objectionsOf(
  cluster: ClusterRow,
  judges: readonly { readonly filter: string; readonly judge: ReturnType<Filter['prepare']> }[],
): readonly NamedObjection[] {
  let objections: NamedObjection[] | undefined
  for (const { filter, judge } of judges) {
    const objection = judge(cluster)
    if (objection !== undefined) (objections ??= []).push({ filter, ...objection })
  }
  return objections ?? noObjections
}

/** Filters gate growth: a cluster that holds the object keeps it unless people said otherwise. */
function standing(objections: readonly NamedObjection[], holding: Holding | undefined) {
  if (objections.length === 0) return { isFeasible: true, limit: Number.POSITIVE_INFINITY }
  const leaves = objections.some((objection) => objection.effect === 'Leave')
  if (leaves || holding === undefined) return { isFeasible: false, limit: 0 }
  return { isFeasible: true, limit: holding.replicas }
}
