// Who would give way on a cluster for a workload that has no place: only if deciding for all of them anew shows that it
// then has one, and that nobody loses more than that. Pure.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { isGrowing } from '../holding.ts'
import { isBoundByRoom } from '../mode.ts'
import type { Grant, ScheduleRequest, Yield } from '../request.ts'
import { schedule } from '../schedule.ts'
import type { Snapshot } from '../snapshot.ts'
import { prepareWeights } from '../weights.ts'
import { chooseVictims, type Candidate } from './choose.ts'
import type { Ceded, RoomAfter } from './freed.ts'

export interface Contender {
  readonly key: string
  readonly priority: number
  /** `previous` is what is decided for it now, and there. */
  readonly request: ScheduleRequest
}

export interface Proposal {
  /** Replicas that the preemptor is to have on the cluster. */
  readonly replicas: number
  /** By key; `left`: what stays on the cluster. */
  readonly victims: readonly { readonly key: string; readonly replicas: number; readonly left: number }[]
}

export interface Question {
  readonly preemptor: Contender
  readonly clusterId: string
  /** Who has replicas on the cluster. */
  readonly others: readonly Contender[]
  /** For the preemptor's replicas there. */
  readonly roomAfter: RoomAfter
  readonly snapshot: Snapshot
}

/** Undefined where no gain can be proved, or room that is free already would do. */
export function proposePreemption(question: Question): Proposal | undefined {
  const { preemptor, clusterId, others, roomAfter } = question
  const held = replicasOn(preemptor.request.previous, clusterId)
  let candidates = others.flatMap((other) => candidateOf(other, question))
  while (candidates.length > 0) {
    const gain = gainWith(roomAfter(new Map(candidates.map(({ key, most }) => [key, most]))), held, question)
    if (gain === 0 || roomAfter(new Map()) >= gain) return undefined
    const ceded = chooseVictims(candidates, gain, roomAfter)
    if (ceded === undefined) return undefined
    const unwilling = others.find((other) => ceded.has(other.key) && !losesOnly(ceded, other, question))
    if (unwilling === undefined) return { replicas: held + gain, victims: victimsOf(ceded, question) }
    candidates = candidates.filter(({ key }) => key !== unwilling.key)
  }
  return undefined
}

/** Whether it is one that may preempt, as far as it says itself. */
export function mayPreempt({ replicas, placement, ...request }: ScheduleRequest): boolean {
  const isJob = request.completions !== undefined || request.kind === 'Job' || request.runsToEnd === true
  const isPlain = !isJob && request.requirements?.parts === undefined && request.alongWith === undefined
  return replicas !== undefined && isPlain && isBoundByRoom(placement)
}

/** Nothing of Jobs, of gangs and of what is all or nothing: in part it would be of no use, and its work would be lost. */
function candidateOf(
  { key, priority, request }: Contender,
  { preemptor, clusterId, snapshot }: Question,
): readonly Candidate[] {
  const { placement, previous } = request
  const isFirm = !mayPreempt(request) || placement.partialPlacement === 'Deny'
  const isMoving = previous?.clusters.some(({ from }) => from !== undefined) === true
  if (isFirm || isMoving || key === preemptor.key || priority >= preemptor.priority) return []
  const most = replicasOn(previous, clusterId) - leastOn(clusterId, request, snapshot)
  return most > 0 ? [{ key, priority, most }] : []
}

/** What a minimum of its policy keeps on the cluster. */
function leastOn(clusterId: string, { placement }: ScheduleRequest, { byId }: Snapshot): number {
  const list = placement.replicaScheduling?.weightPreference?.staticWeightList
  const cluster = byId.get(clusterId)
  const ofList = list && cluster ? prepareWeights(list)(cluster).min : 0
  const isSpread = placement.spreadConstraints?.some(({ minGroups = 0 }) => minGroups > 0) === true
  return Math.max(ofList, isSpread ? 1 : 0)
}

/** Replicas that the preemptor would have more on the cluster if `room` were there; all or none where its policy says so. */
function gainWith(room: number, held: number, { preemptor, clusterId, snapshot }: Question): number {
  const { request } = preemptor
  const { previous } = request
  const missing = previous?.shortfall?.missingReplicas ?? 0
  for (let replicas = Math.min(missing, room); replicas > 0;) {
    const decision = decideWith(request, { clusterId, replicas: held + replicas }, snapshot)
    const gain = replicasOn(decision, clusterId) - held
    const isWhole = request.placement.partialPlacement !== 'Deny' || decision.shortfall === undefined
    if (gain === replicas) return isWhole && keepsOthers(previous, decision, clusterId) ? gain : 0
    replicas = Math.min(gain, replicas - 1)
  }
  return 0
}

function decideWith(request: ScheduleRequest, grant: Grant, snapshot: Snapshot): Decision {
  return schedule({ ...request, grant }, snapshot, { trigger: 'Preemption' })
}

/** It loses on the cluster what it gives up, or finds another place for that first; nothing else. */
function losesOnly(ceded: Ceded, { key, request }: Contender, { clusterId, snapshot }: Question): boolean {
  const { previous } = request
  const replicas = ceded.get(key) ?? 0
  const left = replicasOn(previous, clusterId) - replicas
  const yields = new Map<string, Yield>([[clusterId, { most: left, message: '' }]])
  const decision = schedule({ ...request, yields }, snapshot, { trigger: 'Preemption' })
  const isKept = total(decision.clusters) >= total(previous?.clusters ?? []) - replicas
  const isLeft = replicasOn(decision, clusterId) === left && goesThen(decision, clusterId)
  return isKept && isLeft && keepsOthers(previous, decision, clusterId)
}

/** At once, or after what grows elsewhere for it; not only when somebody else has room. */
function goesThen({ clusters }: Decision, clusterId: string): boolean {
  return clusters.some(isGrowing) || clusters.every(({ id, from }) => id !== clusterId || from === undefined)
}

function victimsOf(ceded: Ceded, { others, clusterId }: Question): Proposal['victims'] {
  return others
    .filter(({ key }) => ceded.has(key))
    .map(({ key, request }) => {
      const replicas = ceded.get(key) ?? 0
      return { key, replicas, left: replicasOn(request.previous, clusterId) - replicas }
    })
    .sort((one, other) => (one.key < other.key ? -1 : 1))
}

function keepsOthers(before: Decision | undefined, after: Decision, clusterId: string): boolean {
  return (before?.clusters ?? []).every(({ id, replicas = 0 }) => id === clusterId || replicasOn(after, id) >= replicas)
}

function replicasOn(decision: Decision | undefined, clusterId: string): number {
  return decision?.clusters.find(({ id }) => id === clusterId)?.replicas ?? 0
}

function total(clusters: readonly DecidedCluster[]): number {
  return clusters.reduce((sum, { replicas = 0 }) => sum + replicas, 0)
}
