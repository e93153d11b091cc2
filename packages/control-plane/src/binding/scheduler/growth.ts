// Whether what a decision grows has been seen ready, so that what it shrinks may go.
import type { ClusterOutcome, DecidedCluster } from '@flotilla/api/resource-binding'
import { isGrowing } from '@flotilla/scheduler/holding'
import type { Binding } from '../../hub.ts'
import { runsToEnd } from '../../requirements.ts'

/**
 * True when nothing of the binding's decision is still growing. Only a status of this very decision counts: an older
 * one tells of replicas that were wanted then. Pure.
 */
export function isGrowthReady({ spec, status }: Binding): boolean {
  const { decision } = spec
  const growing = (decision?.clusters ?? []).filter(isGrowing)
  if (!decision || growing.length === 0) return true
  if (status?.decisionHash !== decision.forHash) return false
  const outcomes = new Map((status.clusters ?? []).map((outcome) => [outcome.name, outcome]))
  const isJob = spec.workloads.some(runsToEnd)
  return growing.every((cluster) => isThere(cluster, outcomes.get(cluster.name), isJob))
}

/**
 * Ready replicas alone prove nothing: they may be those of a generation that the member's controller has not observed,
 * surplus that is being taken away, or about to be replaced by a rollout. All of that makes health less than Healthy.
 * A Job is Healthy only at its end, when it needs no replicas any more.
 */
function isThere({ replicas }: DecidedCluster, outcome: ClusterOutcome | undefined, isJob: boolean): boolean {
  if (outcome?.state !== 'Applied') return false
  const isHealthy = outcome.health === 'Healthy'
  if (replicas === undefined) return isHealthy
  const hasEnough = (outcome.readyReplicas ?? 0) >= replicas
  return isJob ? isHealthy || hasEnough : isHealthy && hasEnough
}

/**
 * Milliseconds for which growth has to stay ready before it counts: on a busy member statuses lag behind pods, and
 * what crashes after it started does so soon.
 */
const steadyMs = 1_000

/** Remembers since when growth has been ready, by binding. */
export class SteadyGrowth {
  readonly #since = new Map<string, { readonly forHash: string; readonly at: number }>()

  /** Milliseconds until the growth of the binding of that key counts; undefined: it is not ready. `now`: monotonic. */
  waitMs(key: string, binding: Binding, now: number): number | undefined {
    const { decision } = binding.spec
    if (!decision?.clusters.some(isGrowing)) {
      this.#since.delete(key)
      return 0
    }
    if (!isGrowthReady(binding)) {
      this.#since.delete(key)
      return undefined
    }
    const known = this.#since.get(key)
    const since = known?.forHash === decision.forHash ? known.at : now
    this.#since.set(key, { forHash: decision.forHash, at: since })
    return Math.max(0, since + steadyMs - now)
  }

  forget(key: string): void {
    this.#since.delete(key)
  }
}
