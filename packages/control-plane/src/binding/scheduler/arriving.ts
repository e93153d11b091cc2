// Replicas that a decision asked for and that are still on their way when another decision follows: what shrinks for
// the later one must wait for them too. Pure.
import { findCondition } from '@flotilla/runtime/conditions'
import type { BindingStatus, ClusterOutcome, DecidedCluster, Decision } from '@flotilla/api/resource-binding'

/** What has not come within this time may never come: scaling down does not wait for a cluster that is broken. */
const patienceMs = 120_000

/**
 * `previous` as `next` has to take it: clusters whose replicas are on their way had before what was seen ready of them.
 * `previous` itself when nothing shrinks, or nothing is on its way that `next` counts on. `now`: ms since 1970.
 */
export function withArriving(
  previous: Decision,
  next: Decision,
  status: BindingStatus | undefined,
  now: number,
): Decision {
  if (!isExpected(status, now)) return previous
  const wanted = new Map(next.clusters.map(({ id, replicas = 1 }) => [id, replicas]))
  const targets = previous.clusters.filter(({ replicas }) => replicas !== 0)
  if (!targets.some(({ id, replicas = 1 }) => (wanted.get(id) ?? 0) < replicas)) return previous
  const seen = seenReady(previous, status)
  const clusters = previous.clusters.map((entry) => {
    const ready = seen(entry)
    const counted = Math.min(entry.replicas ?? 0, wanted.get(entry.id) ?? 0)
    return entry.from === undefined && ready !== undefined && ready < counted ? { ...entry, from: ready } : entry
  })
  return clusters.some((entry, index) => entry !== previous.clusters[index]) ? { ...previous, clusters } : previous
}

function isExpected(status: BindingStatus | undefined, now: number): boolean {
  const healthy = findCondition(status?.conditions, 'Healthy')
  if (healthy === undefined || healthy.status === 'True') return true
  return now - Date.parse(healthy.lastTransitionTime) < patienceMs
}

/** Ready replicas of a cluster whose replicas are on their way; undefined: they are there, or will not come. */
function seenReady(
  { forHash }: Decision,
  status: BindingStatus | undefined,
): (cluster: DecidedCluster) => number | undefined {
  const outcomes = new Map((status?.clusters ?? []).map((outcome) => [outcome.name, outcome]))
  const isCurrent = status?.decisionHash === forHash
  return ({ name }) => {
    const outcome = outcomes.get(name)
    // A status of this very decision leaves only clusters out on which all is well.
    if (outcome === undefined) return isCurrent ? undefined : 0
    return !isCurrent || isOnItsWay(outcome) ? (outcome.readyReplicas ?? 0) : undefined
  }
}

/** What is Degraded or Unreachable may never come: nothing waits for it. */
function isOnItsWay({ state, health }: ClusterOutcome): boolean {
  return state === 'Pending' || (state === 'Applied' && health === 'Progressing')
}
