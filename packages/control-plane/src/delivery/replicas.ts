// Render, rule 3: the share of one cluster. A move keeps what a cluster had until growth elsewhere is ready.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { setPath } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { divideReplicas } from '@flotilla/scheduler/divide'
import { hash32 } from '@flotilla/scheduler/hash'
import type { RuleLookup } from '../interpreter/rule-book.ts'
import { kindIdOf, type KindId } from '../object-id.ts'

/** What one cluster states of a workload's replicas. */
export interface ReplicaShare {
  readonly replicas: number
  readonly completions?: number
}

/** Kinds whose number of replicas stands at `spec.replicas`. */
const replicaKinds = new Set<KindId>([
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/ReplicaSet',
  '/ReplicationController',
])

/** Whether replicas stand where scalers write them. */
export function hasReplicas(object: Pick<KubeObject, 'apiVersion' | 'kind'>, rules: RuleLookup): boolean {
  return replicaKinds.has(kindIdOf(object)) || rules.rulesFor(object)?.replicasPath?.join('.') === 'spec.replicas'
}

/**
 * The larger of what the cluster had and what it is to have. The scheduler says `from` while a move goes on and ends
 * it once growth elsewhere is ready, so the sum of ready replicas stays at the smaller of the old and the new total.
 * Undefined: the object has no replicas, or goes whole.
 */
export function shareOf(entry: DecidedCluster): ReplicaShare | undefined {
  if (entry.replicas === undefined) return undefined
  const replicas = Math.max(entry.from ?? 0, entry.replicas)
  const completions = larger(entry.fromCompletions, entry.completions)
  return completions === undefined ? { replicas } : { replicas, completions }
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (b ?? a) : Math.max(a, b)
}

/**
 * `object` with the share of its cluster; kinds without replicas are left alone. Throws RuleFailure where an Interpreter
 * does not tell how.
 */
export function withShare(object: KubeObject, share: ReplicaShare, rules: RuleLookup): KubeObject {
  const kind = kindIdOf(object)
  if (replicaKinds.has(kind)) return setPath(object, ['spec', 'replicas'], share.replicas)
  const known = rules.rulesFor(object)
  if (known?.has('replicas')) return known.withReplicas(object, share.replicas)
  if (kind !== 'batch/Job') return object
  const job = setPath(object, ['spec', 'parallelism'], share.replicas)
  return share.completions === undefined ? job : setPath(job, ['spec', 'completions'], share.completions)
}

/** `object` without its replicas: somebody else scales it. */
export function withoutReplicas(object: KubeObject): KubeObject {
  return setPath(object, ['spec', 'replicas'], undefined)
}

/** The share of cluster `id` of an autoscaler's bounds, divided as the replicas of what it scales are. */
export function withScalerShare(scaler: KubeObject, decision: Decision, id: string): KubeObject {
  const index = decision.clusters.findIndex((cluster) => cluster.id === id)
  const divide = (bound: unknown) => {
    const shares = decision.clusters.map((cluster) => ({
      weight: cluster.replicas ?? 0,
      min: 0,
      max: Number.POSITIVE_INFINITY,
      tie: hash32(cluster.id),
    }))
    return typeof bound === 'number' ? Math.max(1, divideReplicas(bound, shares)[index] ?? 0) : undefined
  }
  const min = divide(valueAt(scaler, 'spec', 'minReplicas') ?? 1)
  const max = divide(valueAt(scaler, 'spec', 'maxReplicas'))
  const bounded = setPath(scaler, ['spec', 'minReplicas'], min)
  return setPath(bounded, ['spec', 'maxReplicas'], Math.max(min ?? 1, max ?? 1))
}

/** True when the clusters' replicas add up to the whole: each has a part of it, not a copy. */
export function isDivided(decision: Decision, total: number): boolean {
  const sum = decision.clusters.reduce((all, cluster) => all + (cluster.replicas ?? 0), 0)
  return decision.clusters.length > 1 && sum > 0 && sum <= total
}
