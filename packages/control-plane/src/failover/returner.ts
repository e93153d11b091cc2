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
}

/** Workloads that may be on their way to one cluster at once, of those that come back. */
const mostReturning = 10

const returnsMetric = {
  name: 'flotilla_failover_returns_total',
  help: 'Workloads that a cluster may have back.',
  labels: ['cluster'],
}

/** True while some are let back. Throws what the hub answers, but for conflicts. */
export async function letBack(
  { env, hub, evictor }: ReturnerDeps,
  { evicted, growing }: Sights,
  isFrozen: boolean,
): Promise<boolean> {
  let isBusy = false
  for (const [id, all] of evicted) {
    let returning = growing.get(id) ?? 0
    for (const { binding, eviction } of all) {
      const cluster = hub.clusters.get(eviction.cluster)
      const verdict = judgeReturn({ ...sightOf(hub, binding, eviction, cluster), now: env.clock.now() })
      if (verdict === 'stays' || (isFrozen && verdict !== 'void')) continue
      isBusy = true
      const key = keyOf(binding.metadata)
      const isMove = verdict === 'back' && evictor.foreseeReturn(key, id) > 0
      if (isMove && returning >= mostReturning) continue
      if (isMove) returning += 1
      await readmit(evictor, key, id)
      env.metrics.counter(returnsMetric).add(1, { cluster: eviction.cluster })
    }
  }
  return isBusy
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

/** What has changed meanwhile is looked at again. */
async function readmit(evictor: Evict, key: string, clusterId: string): Promise<void> {
  try {
    await evictor.readmit(key, clusterId)
  } catch (error) {
    if (!isError(error, 'Conflict', 'NotFound')) throw error
  }
}
