// Looks for room that others would leave a workload that has no place: on the hub where to look, on the member the proof.
import type { Preemption } from '@flotilla/api/preemption'
import { deepEqual } from '@flotilla/machinery/json'
import type { ClusterRow, Snapshot } from '@flotilla/scheduler/snapshot'
import { toPodRequest } from '@flotilla/scheduler/fit'
import { isContended } from '@flotilla/scheduler/preemption/contention'
import { prepareRoom } from '@flotilla/scheduler/preemption/freed'
import { placesToTry, type Tenant } from '@flotilla/scheduler/preemption/least-priority'
import { placesFor } from '@flotilla/scheduler/preemption/places'
import { type Contender, mayPreempt, proposePreemption } from '@flotilla/scheduler/preemption/propose'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import { schedule } from '@flotilla/scheduler/schedule'
import type { Binding } from '../../hub.ts'
import { objectIdOf } from '../../object-id.ts'
import type { SchedulerView } from '../scheduler/controller.ts'
import { priorityOf } from './consent.ts'
import { outstandingOn, type Resident, settledOn } from './residents.ts'
import type { Survey } from './survey.ts'

/** That a record can name. */
const mostVictims = 256

export interface Search {
  readonly view: SchedulerView
  /** By cluster id. */
  readonly residents: ReadonlyMap<string, readonly Resident[]>
  /** Clusters on which nobody is to give way now, by id. */
  readonly barred: ReadonlySet<string>
  /** Whether what is known of the cluster's room was read since the workload has had no place. */
  readonly isRead: (clusterId: string) => boolean
  /** Undefined: the member could not be read. */
  readonly survey: (cluster: string) => Promise<Survey | undefined>
}

export type Found = Pick<Preemption, 'cluster' | 'id' | 'replicas' | 'victims'>

/** Undefined where no gain is proved, or room that is free would do. */
export async function findPreemption(binding: Binding, search: Search): Promise<Found | undefined> {
  const request = requestToServe(binding, search)
  if (request === undefined) return undefined
  for (const { name, id } of placesFree(binding, request, search)) {
    const survey = await search.survey(name)
    const found = survey && proveOn({ name, id }, binding, request, survey, search)
    if (found !== undefined) return found
  }
  return undefined
}

/** Undefined where it may not preempt, or where it is not sure yet that there is no room for it. */
function requestToServe(binding: Binding, { view, isRead }: Search): ScheduleRequest | undefined {
  const [workload, ...others] = binding.spec.workloads
  const request = view.requestOf(binding)
  if (request === undefined || others.length > 0 || workload?.components.length !== 1) return undefined
  if (!mayPreempt(request)) return undefined
  const snapshot = view.snapshot()
  return isSettled(request, snapshot) && placesFor(request, snapshot).every(({ id }) => isRead(id))
    ? request
    : undefined
}

/** Nothing else would be decided now, nor once what is reserved has taken its room, of which free room may tell already. */
function isSettled({ reservedOn: _, ...request }: ScheduleRequest, snapshot: Snapshot): boolean {
  const { previous } = request
  const decision = schedule(request, snapshot, { trigger: 'Preemption' })
  const isAsShort = decision.shortfall?.missingReplicas === previous?.shortfall?.missingReplicas
  return isAsShort && deepEqual(decision.clusters, previous?.clusters)
}

function placesFree(
  binding: Binding,
  request: ScheduleRequest,
  { view, residents, barred }: Search,
): readonly ClusterRow[] {
  const missing = request.previous?.shortfall?.missingReplicas ?? 0
  const shortage = { priority: priorityOf(binding), missing, requirements: request.requirements }
  const free = placesFor(request, view.snapshot()).filter(({ id }) => !barred.has(id))
  return placesToTry(shortage, free, ({ id }) => (residents.get(id) ?? []).map(toTenant))
}

function toTenant({ id, binding, replicas }: Resident): Tenant {
  const requirements = binding.spec.workloads[0]?.components[0]?.replicaRequirements
  return { key: id, priority: priorityOf(binding), replicas, requirements }
}

function proveOn(
  { name, id }: Pick<ClusterRow, 'name' | 'id'>,
  binding: Binding,
  request: ScheduleRequest,
  survey: Survey,
  { view, residents }: Search,
): Found | undefined {
  const there = residents.get(id) ?? []
  const settled = settledOn(there, survey.hosts)
  const waiting = [...survey.unscheduled, ...outstandingOn(there, survey.hosts)]
  const proposal = proposePreemption({
    preemptor: { key: keyOfWorkload(binding), priority: priorityOf(binding), request },
    clusterId: id,
    others: settled.flatMap((resident) => toContender(resident, view)),
    roomAfter: prepareRoom(survey.hosts, request.requirements),
    snapshot: view.snapshot(),
  })
  if (proposal === undefined || proposal.victims.length > mostVictims) return undefined
  const leaving = new Set(proposal.victims.map(({ key }) => key))
  if (isContended(survey.hosts, waiting, toPodRequest(request.requirements), leaving)) return undefined
  const refs = new Map(settled.map((each) => [each.id, each.binding.spec.workloads[0]?.ref]))
  const victims = proposal.victims.flatMap(({ key, replicas, left }) => {
    const ref = refs.get(key)
    return ref === undefined ? [] : [{ ref, replicas, left }]
  })
  return { cluster: name, id, replicas: proposal.replicas, victims }
}

function toContender({ id, binding }: Resident, view: SchedulerView): readonly Contender[] {
  const request = view.requestOf(binding)
  return request === undefined ? [] : [{ key: id, priority: priorityOf(binding), request }]
}

function keyOfWorkload({ spec: { workloads } }: Binding): string {
  const [workload] = workloads
  return workload === undefined ? '' : objectIdOf(workload.ref)
}
