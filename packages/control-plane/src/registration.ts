// A cluster that is taken off the hub and registered again is the same member under another registration: what was to
// be removed from it under the one before is not ours to remove any more. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import { isLeaving } from '@flotilla/scheduler/holding'

/** A registration of the member of identity `id`. Records of older versions do not say which. */
export interface Registration {
  readonly id: string
  readonly clusterUID?: string | undefined
}

/** Whether `cluster` is the registration that was recorded, or, where none was, any of that identity. */
export function isRegisteredAs(cluster: Cluster, { id, clusterUID }: Registration): boolean {
  return cluster.spec.id === id && (clusterUID === undefined || clusterUID === cluster.metadata.uid)
}

/** As far as it is known: what a record says of its registration. */
export function registered(clusterUID: string | undefined): Pick<DecidedCluster, 'clusterUID'> {
  return clusterUID === undefined ? {} : { clusterUID }
}

/** The decision as the scheduler made it: registrations are no part of what it decides. */
export function withoutRegistrations(decision: Decision): Decision {
  return { ...decision, clusters: decision.clusters.map(({ clusterUID: _, ...entry }) => entry) }
}

/** UID of the Cluster that is registered under name and identity of the entry now; undefined: none is. */
export type UidOf = (entry: DecidedCluster) => string | undefined

/**
 * What a cluster holds by `decision` it holds under its registration of now. One that is only left still holds what it
 * was given under that in `before`: if that has ended, nothing of it is removed.
 */
export function withRegistrations(decision: Decision, before: Decision | undefined, uidOf: UidOf): Decision {
  const known = new Map(before?.clusters.map(({ id, clusterUID }) => [id, clusterUID]))
  const clusters = decision.clusters.map((entry) => {
    const uids = [uidOf(entry), known.get(entry.id)]
    const [clusterUID] = (isLeaving(entry) ? uids.toReversed() : uids).filter((uid) => uid !== undefined)
    return { ...entry, ...registered(clusterUID) }
  })
  return { ...decision, clusters }
}

/** Whether a cluster of the decision has been registered anew since; never by records that do not say. */
export function isOutdated({ clusters }: Decision, uidOf: UidOf): boolean {
  return clusters.some((entry) => {
    const uid = entry.clusterUID === undefined || isLeaving(entry) ? undefined : uidOf(entry)
    return uid !== undefined && uid !== entry.clusterUID
  })
}
