// Which profile tells of a workload's users, and how far they are from a cluster.
import type { Location, TrafficProfile, WorkloadSelector } from '@flotilla/api/traffic-profile'
import { matchAffinity } from '../affinity.ts'
import type { ClusterRow } from '../snapshot.ts'

export interface WorkloadName {
  readonly apiVersion: string
  readonly kind: string
  /** None: cluster-scoped, or not known. */
  readonly namespace?: string
  readonly name?: string
}

/** The profile that names the workload most closely, the first of equals. */
export function profileOf(workload: WorkloadName, profiles: readonly TrafficProfile[]): TrafficProfile | undefined {
  let closest: TrafficProfile | undefined
  let best = 0
  for (const profile of profiles) {
    const closeness = closenessOf(workload, profile)
    if (closeness > best) [closest, best] = [profile, closeness]
  }
  return closest
}

/** 0: the profile is not about it. */
function closenessOf(workload: WorkloadName, { spec: { workloads } }: TrafficProfile): number {
  if (workloads === undefined) return 1
  const matching = workloads.filter((selector) => selects(selector, workload))
  return Math.max(
    0,
    ...matching.map(({ namespace, name }) => (name !== undefined ? 4 : namespace !== undefined ? 3 : 2)),
  )
}

function selects({ apiVersion, kind, namespace, name }: WorkloadSelector, workload: WorkloadName): boolean {
  return (
    apiVersion === workload.apiVersion &&
    kind === workload.kind &&
    (namespace === undefined || namespace === workload.namespace) &&
    (name === undefined || name === workload.name)
  )
}

/** Mean round trip of all users, milliseconds; undefined: that of some is not known. */
export function latencyTo(cluster: ClusterRow, { spec: { locations } }: TrafficProfile): number | undefined {
  let users = 0
  let total = 0
  for (const location of locations) {
    if (location.share === 0) continue
    const milliseconds = roundTripFrom(location, cluster)
    if (milliseconds === undefined) return undefined
    users += location.share
    total += location.share * milliseconds
  }
  return users === 0 ? undefined : total / users
}

function roundTripFrom({ roundTripMilliseconds }: Location, cluster: ClusterRow): number | undefined {
  return roundTripMilliseconds.find(({ targetCluster }) => matchAffinity(targetCluster)(cluster) === undefined)
    ?.milliseconds
}
