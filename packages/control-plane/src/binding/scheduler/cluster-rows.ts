// The scheduler's picture of the clusters, kept in step with the hub; a new snapshot only after a change.
import type { Cluster } from '@flotilla/api/cluster'
import { deepEqual } from '@flotilla/machinery/json'
import type { Change } from '@flotilla/runtime/source'
import { createSnapshot, toClusterRow } from '@flotilla/scheduler/snapshot'
import type { ClusterRow, Snapshot } from '@flotilla/scheduler/snapshot'
import type { Hub } from '../../hub.ts'
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
    if (after) this.#rows.set(key, toClusterRow(after, this.#placedKinds(after.spec.id)))
    else this.#rows.delete(key)
    return !before || !after || !deepEqual(decisive(before), decisive(after))
  }

  /** Definitions were placed or withdrawn: rows say anew what clusters will serve. */
  refreshPlacedKinds(): void {
    this.#snapshot = undefined
    for (const cluster of this.#hub.clusters.list()) {
      this.#rows.set(cluster.metadata.name, toClusterRow(cluster, this.#placedKinds(cluster.spec.id)))
    }
  }

  snapshot(): Snapshot {
    return (this.#snapshot ??= createSnapshot(this.#rows.values()))
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
  return [metadata.labels ?? {}, metadata.deletionTimestamp, spec, ready?.status, status?.apis]
}
