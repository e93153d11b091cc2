// What a Deployment says of itself, from its ReplicaSets. Pure.
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from '../kinds.ts'
import { countOf } from './int-or-percent.ts'

type Change = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

export function deploymentStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const total = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    sets.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0)
  const [replicas, available] = [total('replicas'), total('availableReplicas')]
  const old = deployment.status
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas,
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: total('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0) - available),
    ...(old?.collisionCount === undefined ? {} : { collisionCount: old.collisionCount }),
  }
  const wanted = [availability(deployment, available), progress(deployment, counts, current, now)]
  const conditions = wanted.flatMap((change) =>
    change === undefined ? [] : [merged(old?.conditions, change, old, counts, now)],
  )
  const status = { ...counts, conditions: inOldOrder(old?.conditions, conditions) }
  // The API leaves out what is zero.
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0)) as DeploymentStatus
}

/** Ms until the rollout counts as stuck; undefined when it is not under way. */
export function progressDeadlineMs(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const condition = status.conditions?.find(({ type }) => type === 'Progressing')
  if (condition?.status !== 'True' || condition.reason === 'NewReplicaSetAvailable') return undefined
  const deadline = Date.parse(condition.lastUpdateTime ?? '') + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000
  return Math.max(1000, deadline - now + 1000)
}

function availability({ spec }: Deployment, available: number): Change {
  const { replicas = 1, strategy } = spec
  const { maxUnavailable = '25%', maxSurge = '25%' } = strategy?.rollingUpdate ?? {}
  const missing = countOf(maxUnavailable, replicas, 'down')
  const mayMiss = missing === 0 && countOf(maxSurge, replicas, 'up') === 0 ? 1 : missing
  const least = strategy?.type === 'Recreate' ? replicas : replicas - mayMiss
  return available >= least
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

type Counts = Required<Pick<DeploymentStatus, 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'>>

function progress(
  deployment: Deployment,
  counts: Counts,
  current: ReplicaSet | undefined,
  now: number,
): Change | undefined {
  const { replicas = 1, paused } = deployment.spec
  const old = deployment.status?.conditions?.find(({ type }) => type === 'Progressing')
  const name = current?.metadata.name
  const isComplete =
    counts.updatedReplicas === replicas && counts.replicas === replicas && counts.availableReplicas === replicas
  if (isComplete && current !== undefined) {
    return progressing('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`)
  }
  if (paused === true) return progressing('Unknown', 'DeploymentPaused', 'Deployment is paused')
  const hasMoved = hasProgressed(deployment.status, counts)
  if (!hasMoved && isLate(deployment, old, now)) {
    return progressing('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`)
  }
  if (current === undefined) return old
  if (old?.reason === 'ProgressDeadlineExceeded' && !hasMoved) return old
  return progressing('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`)
}

function progressing(status: Condition['status'], reason: string, message: string): Change {
  return { type: 'Progressing', status, reason, message }
}

function hasProgressed(old: DeploymentStatus | undefined, now: Counts): boolean {
  const outdated = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    now.updatedReplicas > (old?.updatedReplicas ?? 0) ||
    now.readyReplicas > (old?.readyReplicas ?? 0) ||
    now.availableReplicas > (old?.availableReplicas ?? 0) ||
    outdated(now) < outdated(old ?? {})
  )
}

function isLate(deployment: Deployment, old: Condition | undefined, now: number): boolean {
  if (old === undefined || old.reason === 'NewReplicaSetAvailable') return false
  const limitMs = (deployment.spec.progressDeadlineSeconds ?? 600) * 1000
  return now - Date.parse(old.lastUpdateTime ?? '') > limitMs
}

function merged(
  conditions: readonly Condition[] | undefined,
  change: Change,
  oldStatus: DeploymentStatus | undefined,
  counts: Counts,
  now: number,
): Condition {
  const old = conditions?.find(({ type }) => type === change.type)
  const isKept = old?.status === change.status && old.reason === change.reason
  const moves =
    change.type === 'Progressing' && change.reason === 'ReplicaSetUpdated' && hasProgressed(oldStatus, counts)
  if (isKept && old.message === change.message && !moves) return old
  const lastTransitionTime = old?.status === change.status ? (old.lastTransitionTime ?? '') : timestamp(now)
  return { ...change, lastUpdateTime: timestamp(now), lastTransitionTime }
}

function inOldOrder(old: readonly Condition[] = [], next: readonly Condition[]): readonly Condition[] {
  const kept = old.map((condition) => next.find(({ type }) => type === condition.type) ?? condition)
  return [...kept, ...next.filter(({ type }) => !old.some((condition) => condition.type === type))]
}
