// When a cluster may have back what failover moved away from it. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import type { Eviction } from '@flotilla/api/resource-binding'
import { findCondition } from '@flotilla/runtime/conditions'
import type { Binding } from '../hub.ts'
import { isRegisteredAs } from '../registration.ts'
import { toleratedSeconds } from './tolerance.ts'
import type { PropagationSpec } from '@flotilla/api/propagation-policy'

export interface ReturnSight {
  readonly binding: Binding
  readonly eviction: Eviction
  /** Registered by its name; undefined: none is. */
  readonly cluster: Cluster | undefined
  readonly policy: PropagationSpec | undefined
  readonly isOrdered: boolean
  /** A cluster has to be Healthy for so long before it has anything back by itself, ms. */
  readonly steadyMs: number
  /** ms since 1970. */
  readonly now: number
}

/**
 * Void: of a registration that is over. What a person withdrew stays until a person takes that back. Back: the eviction ends. Nothing ends while a move away is under way, unless what
 * is there has been seen ready: else what replaces it would go for what is not there.
 */
export function judgeReturn(sight: ReturnSight): 'stays' | 'back' | 'void' {
  const { binding, eviction, cluster, isOrdered } = sight
  if (!cluster || !isRegisteredAs(cluster, eviction)) return 'void'
  if (isOrdered || eviction.reason === 'Withdrawn' || !isUsable(cluster)) return 'stays'
  const entry = binding.spec.decision?.clusters.find(({ id }) => id === eviction.id)
  if (entry !== undefined) return isServing(binding, eviction.id, entry.from ?? 0) ? 'back' : 'stays'
  return isOver(sight, cluster) ? 'back' : 'stays'
}

function isUsable({ status }: Cluster): boolean {
  return status?.health?.state === 'Healthy' && findCondition(status.conditions, 'Ready')?.status === 'True'
}

function isServing({ status, spec }: Binding, id: string, replicas: number): boolean {
  if (status?.decisionHash !== spec.decision?.forHash) return false
  const outcome = status?.clusters?.find((each) => each.id === id)
  const isHealthy = outcome?.state === 'Applied' && outcome.health === 'Healthy'
  return isHealthy && (outcome.readyReplicas ?? replicas) >= replicas
}

function isOver({ eviction, policy, steadyMs, now }: ReturnSight, { spec, status }: Cluster): boolean {
  const isSteady = now - Date.parse(status?.health?.since ?? '') >= steadyMs
  switch (eviction.reason) {
    case 'TaintNotTolerated':
      return !(spec.taints ?? []).some(
        (taint) =>
          taint.effect === 'NoExecute' &&
          Number.isFinite(toleratedSeconds(taint, policy?.placement?.clusterTolerations)),
      )
    case 'Ordered':
      return true
    case 'ApplicationUnhealthy':
      return isSteady && now - Date.parse(eviction.since) >= steadyMs
    default:
      return isSteady
  }
}
