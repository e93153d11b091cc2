// What filters and tiers say of each cluster. What a policy and a kind decide is asked once, however many bindings share
// them.
import type { Placement } from '@flotilla/api/placement'
import { apiSupport } from './filters/api-support.ts'
import { deleting, notReady, suspended } from './filters/availability.ts'
import { clusterAffinity } from './filters/cluster-affinity.ts'
import { compliance } from './filters/compliance.ts'
import type { Filter, Judge, NamedObjection } from './filters/filter.ts'
import { preempted } from './filters/preempted.ts'
import { room } from './filters/room.ts'
import { spreadDomain } from './filters/spread-domain.ts'
import { taintToleration } from './filters/taint-toleration.ts'
import { workloadAffinity, workloadAntiAffinity } from './filters/workload-affinity.ts'
import type { ScheduleRequest } from './request.ts'
import type { ClusterRow, Snapshot } from './snapshot.ts'
import { prepareTiers } from './tier.ts'

/** They ask for the placement, the kind, and whether there are replicas; for no more of a request. */
const sharedFilters: readonly Filter[] = [
  clusterAffinity,
  compliance,
  taintToleration,
  apiSupport,
  notReady,
  suspended,
  deleting,
  room,
  spreadDomain,
]

/** They ask for `neighbours`. */
const workloadFilters: readonly Filter[] = [workloadAffinity, workloadAntiAffinity]

/** It asks for `yields`. */
const yieldFilters: readonly Filter[] = [preempted]

/** Of one cluster. */
export interface View {
  readonly objections: readonly NamedObjection[]
  /** 0: the first, or there are none. */
  readonly tier: number
}

/** `index`: of the cluster in the snapshot. */
export function prepareView(
  request: ScheduleRequest,
  snapshot: Snapshot,
): (cluster: ClusterRow, index: number) => View {
  const { force, neighbours, yields } = request
  const shared = sharedViews(request, snapshot)
  const filters = [...(neighbours === undefined ? [] : workloadFilters), ...(yields === undefined ? [] : yieldFilters)]
  const object = filters.length === 0 ? () => noObjections : prepareObjections(filters, request, snapshot)
  return (cluster, index) => {
    const view = shared[index] ?? noView
    const own = object(cluster)
    const all = own.length === 0 ? view : { ...view, objections: [...view.objections, ...own] }
    return cluster.id === force?.clusterId ? waive(all, force.waived) : all
  }
}

const noObjections: readonly NamedObjection[] = []
const noView: View = { objections: noObjections, tier: 0 }

function waive({ objections, tier }: View, waived: ReadonlySet<string>): View {
  return {
    objections: objections.filter(({ filter }) => !waived.has(filter)),
    tier: waived.has('clusterAffinities') ? 0 : tier,
  }
}

type Views = readonly View[]

/** By clusters, placement and kind: all are immutable. */
const known = new WeakMap<readonly ClusterRow[], Map<Placement, Map<string, Views>>>()
/** When more policies than that are decided in turns, all is asked anew. */
const mostPlacements = 64

function sharedViews(request: ScheduleRequest, snapshot: Snapshot): Views {
  const { placement, apiVersion, kind, replicas } = request
  const key = `${apiVersion}/${kind}/${replicas === undefined}`
  const byPlacement = known.get(snapshot.clusters) ?? new Map<Placement, Map<string, Views>>()
  const byKind = byPlacement.get(placement) ?? new Map<string, Views>()
  const views = byKind.get(key) ?? look(request, snapshot)
  byKind.set(key, views)
  if (byPlacement.size >= mostPlacements) byPlacement.clear()
  known.set(snapshot.clusters, byPlacement.set(placement, byKind))
  return views
}

function look(request: ScheduleRequest, snapshot: Snapshot): Views {
  const object = prepareObjections(sharedFilters, request, snapshot)
  const tierOf = prepareTiers(request.placement)
  return snapshot.clusters.map((cluster) => ({ objections: object(cluster), tier: tierOf(cluster) ?? 0 }))
}

function prepareObjections(filters: readonly Filter[], request: ScheduleRequest, snapshot: Snapshot) {
  const judges = filters.map(({ name, prepare }): readonly [string, Judge] => [name, prepare(request, snapshot)])
  return (cluster: ClusterRow): readonly NamedObjection[] => {
    let objections: NamedObjection[] | undefined
    for (const [filter, judge] of judges) {
      const objection = judge(cluster)
      if (objection !== undefined) (objections ??= []).push({ filter, ...objection })
    }
    return objections ?? noObjections
  }
}
