// Folds what was observed on each cluster into a binding's status. Pure.
import type { Condition as ApiCondition } from '@flotilla/api/condition'
import type { BindingStatus, DecidedCluster } from '@flotilla/api/resource-binding'
import type { RemovalHold } from '@flotilla/api/removal'
import { deepEqual } from '@flotilla/machinery/json'
import { setCondition } from '@flotilla/runtime/conditions'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Binding } from '../hub.ts'
import type { Outcome } from '../members/outcomes.ts'
import type { Row } from '../members/row.ts'
import { displayId, type ObjectId } from '../object-id.ts'

type ClusterOutcome = NonNullable<BindingStatus['clusters']>[number]
type Health = NonNullable<ClusterOutcome['health']>

/** One object of a binding on one cluster. */
export interface ObservedObject {
  readonly id: ObjectId
  readonly role: 'workload' | 'follower'
  readonly outcome: Outcome | undefined
  readonly row: Row | undefined
}

export interface ObservedCluster {
  readonly entry: Pick<DecidedCluster, 'name' | 'id' | 'replicas' | 'from'>
  /** The member answers now. */
  readonly isReachable: boolean
  readonly objects: readonly ObservedObject[]
  /** It is named by removals only. */
  readonly isLeaving: boolean
  /** All of it is one replica. */
  readonly goesWhole?: boolean
}

/** More clusters than this are counted, and only those that are not healthy are listed. */
export const maxListedClusters = 256

export function bindingStatus(binding: Binding, observed: readonly ObservedCluster[], now: number): BindingStatus {
  const before = new Map((binding.status?.clusters ?? []).map((cluster) => [cluster.id, cluster]))
  const isSameDecision = binding.status?.decisionHash === binding.spec.decision?.forHash
  const clusters = observed.map((cluster) => {
    const previous = before.get(cluster.entry.id)
    const outcome = outcomeOf(cluster)
    return sinceWhen(isSameDecision ? lastSeen(outcome, previous) : outcome, previous)
  })
  const staying = observed.flatMap((cluster, index) => (cluster.isLeaving ? [] : (clusters[index] ?? [])))
  const { decision } = binding.spec
  return {
    ...(decision ? { decisionHash: decision.forHash } : {}),
    conditions: conditionsOf(binding, staying, now),
    clusters: listed(clusters, new Set(observed.flatMap(({ entry }) => (entry.from === undefined ? [] : entry.name)))),
    summary: {
      applied: staying.filter(({ state }) => state === 'Applied').length,
      healthy: staying.filter(isHealthy).length,
      clusters: staying.length,
    },
  }
}

/** Clusters that are part of a move are listed too: the scheduler waits for what is said of them. */
function listed(clusters: readonly ClusterOutcome[], moving: ReadonlySet<string>): readonly ClusterOutcome[] {
  if (clusters.length <= maxListedClusters) return clusters
  return clusters.filter((cluster) => moving.has(cluster.name) || !isHealthy(cluster)).slice(0, maxListedClusters)
}

/** What is seen again as it was keeps the time at which it was first seen so: it is not written anew. */
function sinceWhen(outcome: ClusterOutcome, before: ClusterOutcome | undefined): ClusterOutcome {
  if (before?.observedAt === undefined || outcome.observedAt === undefined) return outcome
  const same = { ...outcome, observedAt: before.observedAt }
  return deepEqual(same, before) ? same : outcome
}

/** Of a member that has been away since before our own start, what was told last is all that is known. */
function lastSeen(outcome: ClusterOutcome, before: ClusterOutcome | undefined): ClusterOutcome {
  if (outcome.state !== 'Unreachable' || outcome.observedAt !== undefined || before?.observedAt === undefined) {
    return outcome
  }
  const { replicas, readyReplicas, observedAt } = before
  return {
    ...outcome,
    ...(replicas === undefined ? {} : { replicas }),
    ...(readyReplicas === undefined ? {} : { readyReplicas }),
    observedAt,
  }
}

function isHealthy({ state, health }: ClusterOutcome): boolean {
  return state === 'Applied' && health === 'Healthy'
}

function outcomeOf({ entry, isReachable, objects, isLeaving, goesWhole }: ObservedCluster): ClusterOutcome {
  const workloads = objects.filter(({ role }) => role === 'workload')
  const rows = workloads.flatMap(({ row }) => row ?? [])
  const state = stateOf(objects, isReachable, isLeaving)
  const message = messageOf(objects, workloads, state)
  const drift = objects.flatMap(({ id, outcome }) => (outcome?.drift ? [`${displayId(id)}: ${outcome.drift}`] : []))
  const observedAt = Math.max(...rows.map((row) => row.observedAt))
  return {
    name: entry.name,
    id: entry.id,
    state,
    ...(goesWhole === true ? asOne(workloads) : sums(rows)),
    health: isReachable ? worstHealth(workloads) : 'Unknown',
    ...(drift.length > 0 ? { drift: drift.join('; ') } : {}),
    ...(message === '' ? {} : { message }),
    ...(Number.isFinite(observedAt) ? { observedAt: timestamp(observedAt) } : {}),
  }
}

function stateOf(
  objects: readonly ObservedObject[],
  isReachable: boolean,
  isLeaving: boolean,
): ClusterOutcome['state'] {
  if (!isReachable) return 'Unreachable'
  if (isLeaving) return 'Removing'
  const states = new Set(objects.map(({ outcome }) => outcome?.state ?? 'Pending'))
  if (states.has('Failed')) return 'Failed'
  if (states.has('Suspended')) return 'Suspended'
  return states.has('Pending') || states.has('Removed') ? 'Pending' : 'Applied'
}

/** What keeps it from being applied, or else what its health says. */
function messageOf(
  objects: readonly ObservedObject[],
  workloads: readonly ObservedObject[],
  state: ClusterOutcome['state'],
): string {
  const wanted = state === 'Unreachable' || state === 'Removing' ? undefined : state
  const telling = objects.find(({ outcome }) => outcome?.state === wanted && outcome?.message !== undefined)
  if (telling?.outcome?.message !== undefined) return telling.outcome.message
  return workloads.map(({ row }) => row?.health.message ?? '').find((message) => message !== '') ?? ''
}

type Counts = Pick<ClusterOutcome, 'replicas' | 'readyReplicas'>

function sums(rows: readonly Row[]): Counts {
  const counted = rows.filter((row) => row.replicas !== undefined)
  if (counted.length === 0) return {}
  return {
    replicas: counted.reduce((sum, row) => sum + (row.replicas ?? 0), 0),
    readyReplicas: counted.reduce((sum, row) => sum + (row.readyReplicas ?? 0), 0),
  }
}

/** Ready when all of it is up. */
function asOne(workloads: readonly ObservedObject[]): Counts {
  if (workloads.every(({ row }) => row === undefined)) return {}
  const isReady = workloads.every(({ row, outcome }) => (row ? row.isUp : outcome?.isFinished === true))
  return { replicas: 1, readyReplicas: isReady ? 1 : 0 }
}

const fromWorst: readonly Health[] = ['Unknown', 'Unhealthy', 'Degraded', 'Progressing', 'Healthy']

function worstHealth(workloads: readonly ObservedObject[]): Health {
  const found = workloads.map(({ row, outcome }) => {
    if (row) return healthOfRow(row)
    return outcome?.isFinished === true ? 'Healthy' : 'Unknown'
  })
  return fromWorst.find((health) => found.includes(health)) ?? 'Unknown'
}

/** A workload that is paused is neither on its way nor broken; what it is meant to become, it is not. */
function healthOfRow({ health }: Row): Health {
  return health.state === 'Suspended' ? 'Progressing' : health.state
}

function conditionsOf(
  binding: Binding,
  clusters: readonly ClusterOutcome[],
  now: number,
): NonNullable<BindingStatus['conditions']> {
  const { generation } = binding.metadata
  const [scheduled, applied, healthy] = [
    scheduledOf(binding),
    appliedOf(binding, clusters),
    healthyOf(binding, clusters),
  ]
  const ready = readyOf([scheduled, applied, healthy])
  let conditions: readonly ApiCondition[] = binding.status?.conditions ?? []
  const held = binding.spec.removalHold && heldOf(binding, binding.spec.removalHold)
  if (!held) conditions = conditions.filter(({ type }) => type !== 'RemovalHeld')
  for (const condition of [scheduled, applied, healthy, ...(held ? [held] : []), ready]) {
    const next = generation === undefined ? condition : { ...condition, observedGeneration: generation }
    conditions = setCondition(conditions, next, now)
  }
  return conditions
}

type Verdict = Omit<ApiCondition, 'lastTransitionTime' | 'observedGeneration'>

function scheduledOf({ spec }: Binding): Verdict {
  const type = 'Scheduled'
  if (!spec.policy) {
    const message = 'No policy selects the template any more; what was placed stays where it is'
    return { type, status: 'False', reason: 'PolicyMissing', message }
  }
  if (!spec.decision) return { type, status: 'Unknown', reason: 'Pending', message: 'It has not been scheduled yet' }
  const { shortfall, clusters } = spec.decision
  const problem = spec.schedulePriority?.problem
  const withProblem = (message: string) => (problem === undefined ? message : `${message}. ${problem}`)
  if (shortfall) return { type, status: 'False', reason: shortfall.reason, message: withProblem(shortfall.message) }
  return {
    type,
    status: 'True',
    reason: 'Scheduled',
    message: withProblem(`Placed on ${clusters.length} ${clusters.length === 1 ? 'cluster' : 'clusters'}`),
  }
}

function appliedOf({ spec }: Binding, clusters: readonly ClusterOutcome[]): Verdict {
  const type = 'Applied'
  if (!spec.decision) return { type, status: 'Unknown', reason: 'NotScheduled', message: '' }
  const missing = clusters.filter(({ state }) => state !== 'Applied')
  if (missing.length === 0) return { type, status: 'True', reason: 'Applied', message: '' }
  const away = missing.filter(({ state }) => state === 'Unreachable')
  const message = described(missing, ({ state, message: why }) => why ?? state)
  if (away.length === missing.length) return { type, status: 'Unknown', reason: 'Unreachable', message }
  return {
    type,
    status: 'False',
    reason: missing.find(({ state }) => state !== 'Unreachable')?.state ?? 'Pending',
    message,
  }
}

function healthyOf({ spec }: Binding, clusters: readonly ClusterOutcome[]): Verdict {
  const type = 'Healthy'
  if (!spec.decision) return { type, status: 'Unknown', reason: 'NotScheduled', message: '' }
  const ill = clusters.filter(({ health }) => health !== 'Healthy')
  const worst = fromWorst.find((health) => ill.some((cluster) => cluster.health === health))
  if (worst === undefined) return { type, status: 'True', reason: 'Healthy', message: '' }
  const message = described(ill, ({ health, message: why }) => why ?? health ?? 'Unknown')
  const isKnown = ill.some(({ health }) => health !== 'Unknown')
  const reason = isKnown
    ? (fromWorst.slice(1).find((health) => ill.some((one) => one.health === health)) ?? worst)
    : worst
  return { type, status: isKnown ? 'False' : 'Unknown', reason, message }
}

/** There while something is held, and only then. */
function heldOf(binding: Binding, { scope, message }: RemovalHold): Verdict {
  const of = scope === 'Hub' ? 'the hub' : `policy ${binding.spec.policy?.name ?? ''}`
  const reason = scope === 'Hub' ? 'TooManyOfHub' : 'TooManyOfPolicy'
  const next = `Next: ${approveCommand(binding)}, or undo what caused it`
  return { type: 'RemovalHeld', status: 'True', reason, message: `Nothing is deleted: of ${of} ${message}. ${next}` }
}

/** Lets go what is held of the binding. */
export function approveCommand({ spec }: Pick<Binding, 'spec'>): string {
  const [workload] = spec.workloads
  if (!workload) return 'flotilla approve'
  const { kind, name, namespace } = workload.ref
  return `flotilla approve ${kind.toLowerCase()}/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`
}

function described(clusters: readonly ClusterOutcome[], why: (cluster: ClusterOutcome) => string): string {
  const told = clusters.slice(0, 3).map((cluster) => `${cluster.name}: ${why(cluster)}`)
  return [...told, ...(clusters.length > 3 ? [`and ${clusters.length - 3} more clusters`] : [])].join('; ')
}

/** Scheduled ∧ Applied ∧ Healthy. */
function readyOf(conditions: readonly Verdict[]): Verdict {
  const bad =
    conditions.find(({ status }) => status === 'False') ?? conditions.find(({ status }) => status === 'Unknown')
  if (!bad) return { type: 'Ready', status: 'True', reason: 'Ready', message: '' }
  return { type: 'Ready', status: bad.status, reason: `Not${bad.type}`, message: bad.message }
}
