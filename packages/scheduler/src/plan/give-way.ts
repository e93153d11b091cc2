// Whose replicas would give way in a fleet in which nothing moves any more. On which nodes they are is not known here, so that
// less is foretold than may happen: a replica gives way only to what fits into its own room.
import type { ReplicaRequirements } from '@flotilla/api/resource-binding'
import { deepEqual } from '@flotilla/machinery/json'
import { freeRoom } from '../estimate.ts'
import { toPodRequest } from '../fit.ts'
import { compareTurns } from '../order.ts'
import { type RoomAfter, roomLeftBy } from '../preemption/freed.ts'
import { placesToTry, type Tenant } from '../preemption/least-priority.ts'
import { placesFor } from '../preemption/places.ts'
import { type Contender, mayPreempt, type Proposal, proposePreemption } from '../preemption/propose.ts'
import { gaveWayTo } from '../request.ts'
import { type ClusterRow, createSnapshot, type Snapshot } from '../snapshot.ts'
import { type Fleet, replicasOn, type Work } from './fleet.ts'

/** The fleet as it is decided on while some give way; undefined: nobody does. In steps. `fleet`: settled. */
export function* giveWaySteps(fleet: Fleet): Generator<void, Fleet | undefined> {
  const snapshot = createSnapshot(fleet.clusters, fleet.book)
  for (const work of fleet.works.filter(lacksRoom).sort(compareTurns)) {
    const missing = work.request.previous?.shortfall?.missingReplicas ?? 0
    const shortage = { priority: work.priority, missing, requirements: work.request.requirements }
    const places = placesToTry(shortage, placesFor(work.request, snapshot), (place) => tenantsOf(fleet, place))
    for (const place of places) {
      yield
      const proposal = proposeOn(place, work, fleet, snapshot)
      if (proposal !== undefined) return withProposal(fleet, work, place, proposal)
    }
  }
  return undefined
}

/** Nobody gives way any more: what was given stays to be told of. */
export function endGivingWay(fleet: Fleet): Fleet {
  const works = fleet.works.map((work) => {
    const { yields, grant: _, ...request } = work.request
    if (yields === undefined) return work.request.grant === undefined ? work : { ...work, request }
    const over = new Map([...yields].map(([id, { message }]) => [id, { message, isOver: true as const }]))
    return { ...work, request: { ...request, yields: over } }
  })
  return { ...fleet, works }
}

function lacksRoom({ preempts, request, ...work }: Work): boolean {
  const isWaiting = preempts === true && isSettled(work)
  return isWaiting && mayPreempt(request) && (request.previous?.shortfall?.missingReplicas ?? 0) > 0
}

/** Somebody decides for it, and all that was decided is there. */
function isSettled({ policy, removal, unready }: Pick<Work, 'policy' | 'removal' | 'unready'>): boolean {
  return policy !== undefined && removal === undefined && unready.size === 0
}

function tenantsOf({ works }: Fleet, { id }: ClusterRow): readonly Tenant[] {
  return works.filter(isSettled).flatMap(({ key, priority, request }) => {
    const entry = request.previous?.clusters.find((cluster) => cluster.id === id)
    const replicas = entry && request.replicas !== undefined ? replicasOn(entry) : 0
    return replicas > 0 ? [{ key, priority, replicas, requirements: request.requirements }] : []
  })
}

function proposeOn(place: ClusterRow, work: Work, { works }: Fleet, snapshot: Snapshot): Proposal | undefined {
  const others = works.filter(isSettled)
  const roomAfter = roomByExchange(place, work.request.requirements, others)
  return proposePreemption({ preemptor: work, clusterId: place.id, others, roomAfter, snapshot })
}

function roomByExchange(
  place: ClusterRow,
  requirements: ReplicaRequirements | undefined,
  others: readonly Contender[],
): RoomAfter {
  const byKey = new Map(others.map(({ key, request }) => [key, request.requirements]))
  const free = freeRoom(place, requirements) ?? 0
  const leaves = (key: string) => {
    const theirs = byKey.get(key)
    const isAlike = requirements?.nodeClaim === undefined || deepEqual(requirements.nodeClaim, theirs?.nodeClaim)
    return isAlike ? Math.min(1, roomLeftBy(toPodRequest(theirs), toPodRequest(requirements))) : 0
  }
  return (ceded) => [...ceded].reduce((sum, [key, replicas]) => sum + replicas * leaves(key), free)
}

function withProposal(fleet: Fleet, preemptor: Work, { id }: ClusterRow, { replicas, victims }: Proposal): Fleet {
  const { kind, namespace, name } = preemptor.workload
  const to = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`} (priority ${preemptor.priority})`
  const ceded = new Map(victims.map((victim) => [victim.key, victim]))
  const works = fleet.works.map((work) => {
    const victim = ceded.get(work.key)
    if (work.key === preemptor.key) return { ...work, request: { ...work.request, grant: { clusterId: id, replicas } } }
    if (victim === undefined) return work
    const yields = new Map(work.request.yields).set(id, { most: victim.left, message: gaveWayTo(to, victim.replicas) })
    return { ...work, request: { ...work.request, yields } }
  })
  return { ...fleet, works }
}
