// When an evicted copy goes although what replaces it is not ready: it serves nothing any more, and another does. Pure.
import type { ClusterOutcome, DecidedCluster, Eviction } from '@flotilla/api/resource-binding'
import type { Binding } from '../../hub.ts'

/**
 * Milliseconds until the growth of the binding's decision counts as ready without being so; undefined: it does not. All
 * that shrinks has to be evicted with nothing ready there, and a healthy copy has to be elsewhere. `now`: ms since 1970.
 */
export function graceMs({ spec, status }: Binding, now: number): number | undefined {
  const { decision, evictions = [] } = spec
  if (evictions.length === 0 || status?.decisionHash !== decision?.forHash) return undefined
  const outcomes = new Map(status?.clusters?.map((outcome) => [outcome.name, outcome]))
  const byId = new Map(evictions.map((eviction) => [eviction.id, eviction]))
  const clusters = decision?.clusters ?? []
  const shrinking = clusters.filter(isShrinking)
  const isServed = clusters.some((entry) => !isShrinking(entry) && isServing(outcomes.get(entry.name)))
  if (shrinking.length === 0 || !isServed) return undefined
  const waits = shrinking.map(({ id, name }) => waitMs(byId.get(id), outcomes.get(name), now))
  return waits.some((wait) => wait === undefined) ? undefined : Math.max(...waits.map((wait) => wait ?? 0))
}

function isShrinking({ from, replicas }: DecidedCluster): boolean {
  return from !== undefined && from > (replicas ?? 1)
}

function isServing(outcome: ClusterOutcome | undefined): boolean {
  return outcome?.state === 'Applied' && outcome.health === 'Healthy' && outcome.readyReplicas !== 0
}

function waitMs(eviction: Eviction | undefined, outcome: ClusterOutcome | undefined, now: number): number | undefined {
  if (eviction === undefined || outcome === undefined) return undefined
  const { purgeMode, since, graceSeconds } = eviction
  // What was ready when the cluster was last seen may be serving now: only who asked for it has it gone all the same.
  const isGivenUp = outcome.state === 'Unreachable' && purgeMode === 'Directly'
  const isIdle = outcome.state !== 'Unreachable' && outcome.health !== 'Unknown' && (outcome.readyReplicas ?? 0) === 0
  if (!isGivenUp && !(isIdle && outcome.health !== 'Healthy')) return undefined
  return Math.max(0, Date.parse(since) + graceSeconds * 1_000 - now)
}
