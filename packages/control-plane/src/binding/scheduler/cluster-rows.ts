// The scheduler's picture of the clusters, kept in step with the hub; a new snapshot only after a change.
import type { Cluster } from '@flotilla/api/cluster'
import { deepEqual } from '@flotilla/machinery/json'
import type { Change } from '@flotilla/runtime/source'
import type { CostBook } from '@flotilla/scheduler/cost/book'
import { createSnapshot, isLostState, toClusterRow } from '@flotilla/scheduler/snapshot'
import type { ClusterRow, Snapshot } from '@flotilla/scheduler/snapshot'
import type { Hub } from '../../hub.ts'
import { refusalOf } from '../../refused-registration.ts'
import { definitions, placedKindsOn } from '../placed-kinds.ts'

export class ClusterRows {
  readonly #hub: Hub
  readonly #rows = new Map<string, ClusterRow>()
  #snapshot: Snapshot | undefined

  constructor(hub: Hub) {
    this.#hub = hub
  }

  /** Takes a change of a cluster in; true when decisions may differ by it. */
  take({ key, before, after }: Change<Cluster>): boolean {
    this.#snapshot = undefined
    if (!after) this.#rows.delete(key)
    const ids = new Set([before, after].flatMap((cluster) => cluster?.spec.id ?? []))
    for (const id of ids) for (const cluster of this.#hub.clusters.byIndex('id', id)) this.#set(cluster)
    return !before || !after || !deepEqual(decisive(before), decisive(after))
  }

  /** Definitions were placed or withdrawn: rows say anew what clusters will serve. */
  refreshPlacedKinds(): void {
    this.#snapshot = undefined
    for (const cluster of this.#hub.clusters.list()) this.#set(cluster)
  }

  snapshot(book: CostBook): Snapshot {
    const known = this.#snapshot
    if (known?.book === book) return known
    return (this.#snapshot = known ? { ...known, book } : createSnapshot(this.#rows.values(), book))
  }

  #set(cluster: Cluster): void {
    const { metadata, spec } = cluster
    if (refusalOf(this.#hub, cluster)) this.#rows.delete(metadata.name)
    else this.#rows.set(metadata.name, toClusterRow(cluster, this.#placedKinds(spec.id)))
  }

  #placedKinds(clusterId: string): ReadonlySet<string> {
    const definitionOf = (name: string) => this.#hub.templates.get({ ...definitions, name })
    return placedKindsOn(clusterId, this.#hub.clusterBindings.list(), definitionOf)
  }
}

/**
 * What decisions depend on. Free room is left out: what is placed stays however it changes, and bindings that wait for
 * room look again by themselves.
 */
function decisive({ metadata, spec, status }: Cluster): unknown {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')
  const { uid, labels = {}, deletionTimestamp } = metadata
  const isLost = isLostState(status?.health?.state)
  return [uid, labels, deletionTimestamp, spec, ready?.status, isLost, status?.apis, status?.properties]
}
