// Lets workloads back to clusters that are well again, a few at a time.
import type { Cluster } from '@flotilla/api/cluster'
import type { Eviction } from '@flotilla/api/resource-binding'
import { isError } from '@flotilla/machinery/errors'
import { keyOf } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import type { Evict } from '../evict.ts'
import type { Binding, Hub } from '../hub.ts'
import { isOrdered, policyOf } from './mover.ts'
import { judgeReturn } from './return.ts'
import type { Sights } from './sights.ts'

export interface ReturnerDeps {
  readonly env: Env
  readonly hub: Hub
  readonly evictor: Evict
  /** As `FailoverOptions` has it. */
  readonly steadyMs: number
}

/** Workloads that may be on their way to one cluster at once, of those that come back. */
const mostReturning = 10

const returnsMetric = {
  name: 'flotilla_failover_returns_total',
  help: 'Workloads that a cluster may have back.',
  labels: ['cluster'],
}

/** True while some are let back, or wait for others. */
export async function letBack(deps: ReturnerDeps, { evicted, growing }: Sights, isFrozen: boolean): Promise<boolean> {
  let isBusy = false
  for (const [id, all] of evicted) {
    let returning = growing.get(id) ?? 0
    for (const each of all) {
      const outcome = await tryReturn(deps, each, isFrozen, returning < mostReturning)
      if (outcome !== 'stays') isBusy = true
      if (outcome === 'moves') returning += 1
    }
  }
  return isBusy
}

interface Away {
  readonly binding: Binding
  readonly eviction: Eviction
}

/** One that cannot come back keeps no other from it. */
async function tryReturn(
  { env, hub, evictor, steadyMs }: ReturnerDeps,
  { binding, eviction }: Away,
  isFrozen: boolean,
  mayMove: boolean,
): Promise<'stays' | 'waits' | 'moves' | 'ends'> {
  const cluster = hub.clusters.get(eviction.cluster)
  const verdict = judgeReturn({ ...sightOf(hub, binding, eviction, cluster), steadyMs, now: env.clock.now() })
  if (verdict === 'stays' || (isFrozen && verdict !== 'void')) return 'stays'
  const key = keyOf(binding.metadata)
  try {
    const isMove = verdict === 'back' && evictor.foreseeReturn(key, eviction.id) > 0
    if (isMove && !mayMove) return 'waits'
    if (!(await evictor.readmit(key, eviction.id))) return 'stays'
    env.metrics.counter(returnsMetric).add(1, { cluster: eviction.cluster })
    return isMove ? 'moves' : 'ends'
  } catch (error) {
    if (!isError(error)) throw error
    // What has changed meanwhile is looked at again.
    if (!isError(error, 'Conflict', 'NotFound'))
      env.log.warn({ err: error, binding: key }, 'Cannot let a workload back')
    return 'waits'
  }
}

function sightOf(hub: Hub, binding: Binding, eviction: Eviction, cluster: Cluster | undefined) {
  const isSame = cluster?.spec.id === eviction.id && cluster.metadata.deletionTimestamp === undefined
  return {
    binding,
    eviction,
    cluster: isSame ? cluster : undefined,
    policy: policyOf(hub, binding),
    isOrdered: isSame && isOrdered(cluster),
  }
}
