// What would move if a person ordered everything away from a cluster.
import type { PlanStatus } from '@flotilla/api/plan'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import { type Evicted, evictCluster } from '@flotilla/scheduler/plan/evict-cluster'
import { planChangeSteps } from '@flotilla/scheduler/plan/plan'
import { fleetOf } from './fleet-of.ts'
import { inTurns } from './in-turns.ts'
import { readHub } from './read-hub.ts'

export interface FailoverPlan {
  readonly status: PlanStatus
  readonly held: Evicted['held']
}

/** Throws NotFound for a cluster that is not registered. */
export async function planFailover(env: Env, api: KubeApi, cluster: string): Promise<FailoverPlan> {
  const reading = await readHub(api, [], [])
  const fleet = fleetOf(reading, reading.state, env.clock.now())
  const { fleet: changed, held } = evictCluster(fleet, cluster)
  const { status } = await inTurns(env, planChangeSteps(fleet, changed, { failover: cluster }))
  return { status, held }
}
