// What filters and tiers say of each cluster. What a policy and a kind decide is asked once, however many bindings share
// them.
import { apiSupport, apiSupportAlong } from './filters/api-support.ts'
import { deleting, notReady, suspended } from './filters/availability.ts'
import { eviction } from './filters/eviction.ts'
import { clusterAffinity } from './filters/cluster-affinity.ts'
import { compliance } from './filters/compliance.ts'
import type { ClusterFacts } from './facts.ts'
import type { Judge, NamedObjection, SharedFilter, Filter } from './filters/filter.ts'
import { preempted } from './filters/preempted.ts'
import { room } from './filters/room.ts'
import { spreadDomain } from './filters/spread-domain.ts'
import { taintToleration } from './filters/taint-toleration.ts'
import { workloadAffinity, workloadAntiAffinity } from './filters/workload-affinity.ts'
import { nameObjects } from './object-names.ts'
import { Recent } from './recent.ts'
import type { ScheduleRequest } from './request.ts'
import type { ClusterRow, Snapshot } from './snapshot.ts'
import { prepareTiers } from './tier.ts'

const sharedFilters: readonly SharedFilter[] = [
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

/** They ask for `neighbours`, or for what goes along. */
const workloadFilters: readonly Filter[] = [workloadAffinity, workloadAntiAffinity, apiSupportAlong]

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
  const { force } = request
  const shared = sharedViews(request, snapshot)
  const filters = ownFilters(request)
  const object = filters.length === 0 ? () => noObjections : prepareOwn(filters, request, snapshot)
  return (cluster, index) => {
    const view = shared[index] ?? noView
    const own = object(cluster)
    const all = own.length === 0 ? view : { ...view, objections: [...view.objections, ...own] }
    return cluster.id === force?.clusterId ? waive(all, force.waived) : all
  }
}

function ownFilters({ neighbours, alongWith, evicted, yields }: ScheduleRequest): readonly Filter[] {
  const isAlone = neighbours === undefined && alongWith === undefined
  if (isAlone && evicted === undefined && yields === undefined) return noFilters
  return [
    ...(isAlone ? [] : workloadFilters),
    ...(evicted !== undefined && evicted.size > 0 ? [eviction] : []),
    ...(yields === undefined ? [] : [preempted]),
  ]
}

const noFilters: readonly Filter[] = []
const noObjections: readonly NamedObjection[] = []
const noView: View = { objections: noObjections, tier: 0 }

function waive({ objections, tier }: View, waived: ReadonlySet<string>): View {
  return {
    objections: objections.filter(({ filter }) => !waived.has(filter)),
    tier: waived.has('clusterAffinities') ? 0 : tier,
  }
}

type Views = readonly View[]

/** What was found out about clusters that are known by their facts, in their order. */
interface Looked {
  readonly facts: readonly ClusterFacts[]
  readonly views: Views
}

/** Views in all, a few bytes each where a cluster can be used: 1,000 policies' of 1,000 clusters. */
const mostViews = 1_000_000
/** By placement and kind. */
const known = new Recent<string, Looked>(mostViews, ({ views }) => views.length)

const nameOf = nameObjects()

/** Of each cluster of the snapshot, but for what depends on other workloads. */
export function sharedViews(request: ScheduleRequest, snapshot: Snapshot): Views {
  const { placement, apiVersion, kind, replicas } = request
  const key = `${nameOf(placement)} ${apiVersion}/${kind}/${replicas === undefined}`
  const before = known.get(key)
  if (before?.facts === snapshot.facts) return before.views
  const views = look(request, snapshot, before)
  known.set(key, { facts: snapshot.facts, views })
  return views
}

/** Asks only of clusters of which other things are known than before. */
function look(request: ScheduleRequest, { facts }: Snapshot, before: Looked | undefined): Views {
  const objectionsTo = join(sharedFilters.map(({ name, prepare }) => [name, prepare(request)]))
  const tierOf = prepareTiers(request.placement)
  const ask = (cluster: ClusterFacts): View => {
    const [objections, tier] = [objectionsTo(cluster), tierOf(cluster) ?? 0]
    return objections.length === 0 && tier === 0 ? noView : { objections, tier }
  }
  const isAligned = before?.facts.length === facts.length
  const moved = new Map(isAligned ? [] : before?.facts.map((cluster, place) => [cluster, before.views[place]]))
  return facts.map((cluster, place) => {
    const same = before?.facts[place] === cluster ? before.views[place] : moved.get(cluster)
    return same ?? ask(cluster)
  })
}

function prepareOwn(filters: readonly Filter[], request: ScheduleRequest, snapshot: Snapshot) {
  return join(filters.map(({ name, prepare }) => [name, prepare(request, snapshot)]))
}

/** What all say, by the names of their filters. */
function join(judges: readonly (readonly [filter: string, judge: Judge])[]) {
  return (cluster: ClusterFacts): readonly NamedObjection[] => {
    let objections: NamedObjection[] | undefined
    for (const [filter, judge] of judges) {
      const objection = judge(cluster)
      if (objection !== undefined) (objections ??= []).push({ filter, ...objection })
    }
    return objections ?? noObjections
  }
}
