// Whether each cluster can be used, how much it may have and what that costs, with all that filters say of it.
import { type ClusterCosts, objectiveOf, weighCosts } from './cost/objective.ts'
import { freeRoom, freeRooms } from './estimate.ts'
import type { NamedObjection } from './filters/filter.ts'
import { prepareReluctance } from './filters/workload-affinity.ts'
import type { Holding } from './holding.ts'
import { isBoundByRoom } from './mode.ts'
import { mustLeave } from './pinned.ts'
import type { ScheduleRequest } from './request.ts'
import type { ClusterRow, Snapshot } from './snapshot.ts'
import { prepareView } from './views.ts'

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
  /** Why growth should go elsewhere as long as there is room there; none: it need not. */
  readonly reluctance?: () => string
  /** Where the placement goes by costs. */
  readonly costs?: ClusterCosts
}

/** `holdings` by cluster id. */
export function judgeClusters(
  request: ScheduleRequest,
  snapshot: Snapshot,
  holdings: ReadonlyMap<string, Holding>,
): readonly Judged[] {
  const viewOf = prepareView(request, snapshot)
  const growthOn = prepareGrowth(request, snapshot)
  const standingOf = (cluster: ClusterRow, index: number) =>
    standing(viewOf(cluster, index).objections, holdings.get(cluster.id), request.isPinned)
  const costs = costsOfAll(request, snapshot, standingOf)
  const judged = snapshot.clusters.map((cluster, index): Judged => {
    const { objections, tier } = viewOf(cluster, index)
    const holding = holdings.get(cluster.id)
    const { isFeasible, limit: kept } = standingOf(cluster, index)
    const held = holding?.replicas ?? 0
    const limit = objections.length === 0 ? held + growthOn(cluster, index, held) : kept
    return together({ cluster, objections, isFeasible, tier, limit }, holding, costs?.[index])
  })
  return withReluctance(withTarget(judged, request.target), request, snapshot)
}

/** Written out: of many clusters, spreading takes as long as judging them. */
function together(
  { cluster, objections, isFeasible, tier, limit }: Judged,
  holding: Holding | undefined,
  costs: ClusterCosts | undefined,
): Judged {
  if (holding === undefined) {
    return costs === undefined
      ? { cluster, objections, isFeasible, tier, limit }
      : { cluster, objections, isFeasible, tier, limit, costs }
  }
  const holds = { cluster, holding, objections, isFeasible, tier, limit }
  return costs === undefined ? holds : { ...holds, costs }
}

function withTarget(judged: readonly Judged[], target: ScheduleRequest['target']): readonly Judged[] {
  return target === undefined ? judged : judged.map((each) => ({ ...each, target: target.get(each.cluster.id) ?? 0 }))
}

/** By preferences between workloads. */
function withReluctance(judged: readonly Judged[], request: ScheduleRequest, snapshot: Snapshot): readonly Judged[] {
  const reluctanceOf = prepareReluctance(request, snapshot)
  if (reluctanceOf === undefined) return judged
  return judged.map((each) => {
    const reluctance = reluctanceOf(each.cluster)
    return reluctance === undefined ? each : { ...each, reluctance }
  })
}

/** By index. What is not known of a cluster is as bad as the worst of those that can be used. */
function costsOfAll(
  request: ScheduleRequest,
  { clusters, book }: Snapshot,
  standingOf: (cluster: ClusterRow, index: number) => Standing,
): readonly ClusterCosts[] | undefined {
  const objective = objectiveOf(request.placement)
  const isRival = (index: number) => {
    const cluster = clusters[index]
    return cluster !== undefined && standingOf(cluster, index).isFeasible
  }
  return objective && weighCosts(objective, request, book, clusters, isRival)
}

/** Replicas that a cluster to which nothing objects may take besides the `held` ones. */
function prepareGrowth(
  { replicas, placement, requirements, reservedOn, force, grant }: ScheduleRequest,
  { clusters }: Snapshot,
): (cluster: ClusterRow, index: number, held: number) => number {
  if (replicas === undefined || !isBoundByRoom(placement)) return () => Number.POSITIVE_INFINITY
  const withRoom = force?.waived.has('Room') === true ? force.clusterId : undefined
  const rooms = freeRooms(clusters, requirements)
  return (cluster, index, held) => {
    const reserved = reservedOn?.(cluster.id) ?? []
    const room = (reserved.length === 0 ? rooms[index] : freeRoom(cluster, requirements, reserved)) ?? 0
    if (cluster.id === withRoom) return Math.max(1, room)
    return cluster.id === grant?.clusterId ? Math.max(grant.replicas - held, room) : room
  }
}

interface Standing {
  readonly isFeasible: boolean
  readonly limit: number
}

const unopposed: Standing = { isFeasible: true, limit: Number.POSITIVE_INFINITY }

/** Filters gate growth: a cluster that holds the object keeps it unless people said otherwise. */
function standing(objections: readonly NamedObjection[], holding: Holding | undefined, isPinned = false): Standing {
  if (objections.length === 0) return unopposed
  if (mustLeave(objections, isPinned) || holding === undefined) return { isFeasible: false, limit: 0 }
  const most = objections.reduce((least, each) => Math.min(least, each.most ?? least), holding.replicas)
  return { isFeasible: true, limit: most }
}
