// Whether what a decision grows has been seen ready, so that what it shrinks may go. Pure.
import type { ClusterOutcome, DecidedCluster } from '@flotilla/api/resource-binding'
import type { Binding } from '../../hub.ts'

/**
 * True when nothing of the binding's decision is still growing. Only a status of this very decision counts: an older
 * one tells of replicas that were wanted then.
 */
export function isGrowthReady({ spec, status }: Binding): boolean {
  const { decision } = spec
  const growing = (decision?.clusters ?? []).filter(isGrowing)
  if (!decision || growing.length === 0) return true
  if (status?.decisionHash !== decision.forHash) return false
  const outcomes = new Map((status.clusters ?? []).map((outcome) => [outcome.name, outcome]))
  return growing.every((cluster) => isThere(cluster, outcomes.get(cluster.name)))
}

/** A cluster that is to hold more than before; an object without replicas counts as one. */
function isGrowing({ replicas, from }: DecidedCluster): boolean {
  return from !== undefined && (replicas ?? 1) > from
}

function isThere({ replicas }: DecidedCluster, outcome: ClusterOutcome | undefined): boolean {
  if (outcome?.state !== 'Applied') return false
  return replicas === undefined ? outcome.health === 'Healthy' : (outcome.readyReplicas ?? 0) >= replicas
}
