// Whether a decision still is what would be decided. Telling that takes one look at each cluster, deciding many.
import { modeOf } from '@flotilla/api/placement'
import type { DecidedCluster } from '@flotilla/api/resource-binding'
import { isOfRequest, tieOrder } from './inputs.ts'
import { isBoundByRoom } from './mode.ts'
import type { ScheduleRequest } from './request.ts'
import type { ClusterRow, Snapshot } from './snapshot.ts'
import { isPromise } from './violation.ts'
import { sharedViews, type View } from './views.ts'
import { prepareWeights } from './weights.ts'

/** True only where `schedule` would answer `request.previous` itself; false where it may, or may not. */
export function isUndisturbed(request: ScheduleRequest, snapshot: Snapshot): boolean {
  const { previous, placement, replicas } = request
  if (previous === undefined || previous.shortfall !== undefined || !isPlain(request)) return false
  const { clusters } = previous
  if (clusters.length === 0 || !clusters.every(isAtRest)) return false
  if (!isOfRequest(previous.explanation.inputHash, request)) return false
  if (replicas === undefined || modeOf(placement.replicaScheduling) === 'Duplicated') {
    return hasAllCopies(request, clusters, snapshot)
  }
  if (isBoundByRoom(placement)) return keepsWhatItHas(request, replicas, clusters, snapshot)
  const isByWeight = modeOf(placement.replicaScheduling) === 'Weighted'
  return isByWeight && isCheapest(request, replicas, clusters, snapshot)
}

/** Of requests that can be told about: fields that may be there, and those that may not. */
const fields: Readonly<Record<keyof ScheduleRequest, 'any' | 'none'>> = {
  templateUID: 'any',
  apiVersion: 'any',
  kind: 'any',
  namespace: 'any',
  name: 'any',
  replicas: 'any',
  requirements: 'any',
  reservedOn: 'any',
  placement: 'any',
  previous: 'any',
  isGrowthReady: 'any',
  runsToEnd: 'any',
  // What stays without a pin stays with one.
  isPinned: 'any',
  completions: 'none',
  alongWith: 'none',
  neighbours: 'none',
  scores: 'none',
  evicted: 'none',
  force: 'none',
  target: 'none',
  yields: 'none',
  grant: 'none',
}

function isPlain(request: ScheduleRequest): boolean {
  const { spreadConstraints = [], clusterAffinities = [] } = request.placement
  if (spreadConstraints.length > 0 || clusterAffinities.length > 1) return false
  for (const field of Object.keys(request) as (keyof ScheduleRequest)[]) {
    if (fields[field] !== 'any' && request[field] !== undefined) return false
  }
  return true
}

/** Nothing of it is moving, and there is something. */
function isAtRest({ replicas, from, completions, fromCompletions }: DecidedCluster): boolean {
  return replicas !== 0 && from === undefined && completions === undefined && fromCompletions === undefined
}

/** What it holds is all that is wanted, and may stay: then nothing grows, so nobody asks how much room there is. */
function keepsWhatItHas(
  request: ScheduleRequest,
  wanted: number,
  clusters: readonly DecidedCluster[],
  snapshot: Snapshot,
): boolean {
  const views = sharedViews(request, snapshot)
  let held = 0
  let place = -1
  for (const { id, name, replicas = 0 } of clusters) {
    const next = snapshot.byId.placeOf(id)
    // They come by name, as clusters do.
    if (next === undefined || next <= place || snapshot.clusters[next]?.name !== name) return false
    if (!mayStay(views[next])) return false
    held += replicas
    place = next
  }
  return held === wanted && wanted > 0
}

/** Each cluster that can be used has a copy, and no other has. */
function hasAllCopies(request: ScheduleRequest, clusters: readonly DecidedCluster[], snapshot: Snapshot): boolean {
  return isAllOf(request, clusters, snapshot, (_cluster, entry) => {
    return entry !== undefined && entry.replicas === request.replicas
  })
}

/**
 * `isAsDecided` says of each cluster that can be used whether it has what it should; `place`: of it in the snapshot.
 * False as well where a cluster of the decision is not registered any more, or cannot be used.
 */
function isAllOf(
  request: ScheduleRequest,
  decided: readonly DecidedCluster[],
  snapshot: Snapshot,
  isAsDecided: (cluster: ClusterRow, entry: DecidedCluster | undefined, mayGrow: boolean, place: number) => boolean,
): boolean {
  const views = sharedViews(request, snapshot)
  let next = 0
  for (const [place, cluster] of snapshot.clusters.entries()) {
    const entry = decided[next]?.id === cluster.id ? decided[next] : undefined
    const mayGrow = views[place]?.objections.length === 0
    if (entry !== undefined) {
      next += 1
      if (entry.name !== cluster.name || !mayStay(views[place])) return false
    }
    if ((mayGrow || entry !== undefined) && !isAsDecided(cluster, entry, mayGrow, place)) return false
  }
  return next === decided.length
}

/** Nothing drives out what is there, and nothing is to be said about it. */
function mayStay(view: View | undefined): boolean {
  return (
    view !== undefined && view.objections.every(({ effect, filter }) => effect === 'NoGrowth' && !isPromise(filter))
  )
}

/** The `k`-th replica of a cluster of some weight: `odd` is 2k - 1, so what it costs is `odd / weight`. */
interface Replica {
  readonly odd: number
  readonly weight: number
  readonly tie: number
}

/** By static weights: no replica that is placed costs more than one that might be. See `divide.ts`. */
function isCheapest(
  request: ScheduleRequest,
  wanted: number,
  clusters: readonly DecidedCluster[],
  snapshot: Snapshot,
): boolean {
  const weightOf = prepareWeights(request.placement.replicaScheduling?.weightPreference?.staticWeightList)
  const tieOf = tieOrder(request.templateUID)
  let placed = 0
  let dearest: Replica | undefined
  let cheapest: Replica | undefined
  const isWithin = isAllOf(request, clusters, snapshot, (cluster, entry, mayGrow, place) => {
    const { weight, min, max } = weightOf(cluster)
    const { replicas = 0 } = entry ?? {}
    const most = mayGrow ? max : Math.min(max, replicas)
    const least = Math.min(min, most)
    if (replicas < least || replicas > most) return false
    placed += replicas
    if (weight === 0) return replicas === least
    const tie = tieOf(cluster, place)
    if (replicas > least) dearest = dearer({ odd: 2 * replicas - 1, weight, tie }, dearest)
    if (replicas < most) cheapest = cheaper({ odd: 2 * replicas + 1, weight, tie }, cheapest)
    return true
  })
  const isBest = dearest === undefined || cheapest === undefined || compareReplicas(dearest, cheapest) < 0
  return isWithin && placed === wanted && isBest
}

function dearer(one: Replica, other: Replica | undefined): Replica {
  return other === undefined || compareReplicas(one, other) > 0 ? one : other
}

function cheaper(one: Replica, other: Replica | undefined): Replica {
  return other === undefined || compareReplicas(one, other) < 0 ? one : other
}

function compareReplicas(one: Replica, other: Replica): number {
  return one.odd * other.weight - other.odd * one.weight || one.tie - other.tie
}
