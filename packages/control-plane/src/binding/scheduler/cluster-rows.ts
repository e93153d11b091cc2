// The scheduler's picture of the clusters, kept in step with the hub; a new snapshot only after a change.
import type { Cluster } from '@flotilla/api/cluster'
import { deepEqual } from '@flotilla/machinery/json'
import type { Change } from '@flotilla/runtime/source'
import type { CostBook } from '@flotilla/scheduler/cost/book'
import { createSnapshot, isLostState, replaceRows, toClusterRow } from '@flotilla/scheduler/snapshot'
import type { ClusterRow, Snapshot } from '@flotilla/scheduler/snapshot'
import type { Hub } from '../../hub.ts'
import { refusalOf } from '../../refused-registration.ts'
import { definitions, placedKindsOn } from '../placed-kinds.ts'

export class ClusterRows {
  readonly #hub: Hub
  readonly #rows = new Map<string, ClusterRow>()
  /** Undefined while other clusters are registered than it has. */
  #snapshot: Snapshot | undefined
  /** Rows that are newer than the snapshot, by id. */
  readonly #newer = new Map<string, ClusterRow>()

  constructor(hub: Hub) {
    this.#hub = hub
  }

  /** Takes a change of a cluster in; true when decisions may differ by it. */
  take({ key, before, after }: Change<Cluster>): boolean {
    if (!after) this.#delete(key)
    const ids = new Set([before, after].flatMap((cluster) => cluster?.spec.id ?? []))
    for (const id of ids) for (const cluster of this.#hub.clusters.byIndex('id', id)) this.#set(cluster)
    return !before || !after || !deepEqual(decisive(before), decisive(after))
  }

  /** Definitions were placed or withdrawn: rows say anew what clusters will serve. */
  refreshPlacedKinds(): void {
    for (const cluster of this.#hub.clusters.list()) this.#set(cluster)
  }

  snapshot(book: CostBook): Snapshot {
    const known = this.#snapshot
    if (known?.book === book && this.#newer.size === 0) return known
    this.#snapshot = known
      ? replaceRows({ ...known, book }, this.#newer.values())
      : createSnapshot(this.#rows.values(), book)
    this.#newer.clear()
    return this.#snapshot
  }

  #set(cluster: Cluster): void {
    const { metadata, spec } = cluster
    if (refusalOf(this.#hub, cluster)) return this.#delete(metadata.name)
    const row = toClusterRow(cluster, this.#placedKinds(spec.id))
    if (this.#rows.get(metadata.name)?.id !== row.id) this.#snapshot = undefined
    this.#rows.set(metadata.name, row)
    this.#newer.set(row.id, row)
  }

  #delete(name: string): void {
    if (this.#rows.delete(name)) this.#snapshot = undefined
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
