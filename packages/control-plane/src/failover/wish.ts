// What has to leave a cluster, and why: of one binding and one cluster that it is on. Pure.
import { fencedAnnotation, unreachableTaint } from '@flotilla/api/failover'
import type { Cluster } from '@flotilla/api/cluster'
import type { PropagationSpec } from '@flotilla/api/propagation-policy'
import type { Eviction } from '@flotilla/api/resource-binding'
import type { Taint } from '@flotilla/api/selector'
import type { FleetVerdict } from './guard.ts'
import { toleratedSeconds } from './tolerance.ts'
import { type Movement, whySingleton, whyUnmovable } from './unmovable.ts'

export type Wish =
  | { readonly kind: 'leave'; readonly reason: Eviction['reason']; readonly message: string }
  | { readonly kind: 'held'; readonly reason: string; readonly message: string }

export interface Sight extends Movement {
  /** Of a cluster that failed, or that a person ordered to be left; undefined: neither. */
  readonly verdict: FleetVerdict | undefined
  readonly isOrdered: boolean
  /** When a taint without `timeAdded` was seen first, ms since 1970. */
  readonly seenAt: (taint: Taint) => number
  /** Since when the workload is not healthy there, ms since 1970; undefined: it is, or nobody knows. */
  readonly unhealthySince: number | undefined
  /** ms since 1970. */
  readonly now: number
}

/** Undefined: nothing has to leave. Of several reasons the first counts. */
export function wishOf(sight: Sight): Wish | undefined {
  const wish = lostWish(sight) ?? taintWish(sight) ?? unhealthyWish(sight)
  if (wish?.kind !== 'leave') return wish
  const isAllowed = sight.isOrdered || sight.cluster.metadata.annotations?.[fencedAnnotation] === 'true'
  const why = whyUnmovable(sight) ?? (isAllowed ? undefined : whySingleton(sight))
  return why ? { kind: 'held', ...why } : wish
}

function lostWish({ verdict, isOrdered, cluster, policy, now }: Sight): Wish | undefined {
  if (verdict === undefined) return undefined
  if (verdict.kind === 'hold') return { ...verdict, kind: 'held' }
  const { name } = cluster.metadata
  if (isOrdered) return { kind: 'leave', reason: 'Ordered', message: `flotilla failover ${name} was ordered` }
  const seconds = toleratedSeconds(unreachableTaint, policy.placement?.clusterTolerations)
  const since = cluster.status?.health?.silentSince ?? cluster.status?.health?.since ?? ''
  if (now - Date.parse(since) >= seconds * 1_000) {
    return { kind: 'leave', reason: 'ClusterFailed', message: `${name} has not answered since ${since}` }
  }
  const message = Number.isFinite(seconds)
    ? `its policy tolerates ${unreachableTaint.key} for ${seconds} s`
    : `its policy tolerates ${unreachableTaint.key}`
  return { kind: 'held', reason: 'Tolerated', message }
}

/** Taints that are not tolerated at all are the scheduler's. */
function taintWish({ cluster, policy, seenAt, now }: Sight): Wish | undefined {
  for (const taint of cluster.spec.taints ?? []) {
    const seconds = taint.effect === 'NoExecute' ? toleratedSeconds(taint, policy.placement?.clusterTolerations) : 0
    if (seconds === 0 || now - timeOf(taint, seenAt) < seconds * 1_000) continue
    return {
      kind: 'leave',
      reason: 'TaintNotTolerated',
      message: `its policy tolerates ${taint.key} on ${cluster.metadata.name} for ${seconds} s`,
    }
  }
  return undefined
}

function timeOf(taint: Taint, seenAt: (taint: Taint) => number): number {
  const added = Date.parse(taint.timeAdded ?? '')
  return Number.isNaN(added) ? seenAt(taint) : added
}

const defaultTolerationSeconds = 300

function unhealthyWish({ cluster, policy, binding, unhealthySince, now }: Sight): Wish | undefined {
  const application = policy.failover?.application
  if (application === undefined || unhealthySince === undefined) return undefined
  const { tolerationSeconds = defaultTolerationSeconds } = application
  if (now - unhealthySince < tolerationSeconds * 1_000) return undefined
  // A move that goes on shows first whether it is healthy anywhere else.
  if (binding.spec.decision?.clusters.some(({ from }) => from !== undefined)) return undefined
  const others = (binding.status?.clusters ?? []).filter(({ id }) => id !== cluster.spec.id)
  if (others.length > 0 && !others.some(({ health }) => health === 'Healthy')) {
    return {
      kind: 'held',
      reason: 'UnhealthyEverywhere',
      message: 'it is healthy on no cluster: a move would not help',
    }
  }
  const message = `it has not been healthy on ${cluster.metadata.name} for ${tolerationSeconds} s`
  return { kind: 'leave', reason: 'ApplicationUnhealthy', message }
}

const defaultGraceSeconds = 600

/** The record of an eviction as the policy wants it. `since`: RFC 3339. */
export function evictionFor(
  { metadata, spec }: Cluster,
  { failover }: PropagationSpec,
  { reason, message }: Extract<Wish, { kind: 'leave' }>,
  since: string,
): Eviction {
  const { purgeMode, gracePeriodSeconds = defaultGraceSeconds } = failover?.cluster ?? {}
  const isDirect = purgeMode === 'Directly'
  return {
    cluster: metadata.name,
    id: spec.id,
    ...(metadata.uid === undefined ? {} : { clusterUID: metadata.uid }),
    reason,
    message,
    since,
    ...(isDirect ? { purgeMode } : {}),
    graceSeconds: isDirect ? 0 : gracePeriodSeconds,
  }
}
