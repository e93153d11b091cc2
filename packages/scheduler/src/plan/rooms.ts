// Clusters as a plan goes on: replicas that arrive take room, those that leave give it back.
import type { CostBook } from '../cost/book.ts'
import { withRequests } from '../cost/load.ts'
import { freeRoom } from '../estimate.ts'
import { isAvailable } from '../filters/availability.ts'
import { podsOf } from '../occupy.ts'
import type { Requirements } from '../requirements.ts'
import { seatAll } from '../seat-all.ts'
import { type ClusterRow, createSnapshot, replaceRows, type Snapshot } from '../snapshot.ts'
import { vacate } from './vacate.ts'

export class Rooms {
  #snapshot: Snapshot
  /** Since the snapshot was taken, by id. */
  readonly #changed = new Map<string, ClusterRow>()

  constructor(clusters: readonly ClusterRow[], book: CostBook) {
    this.#snapshot = createSnapshot(clusters, book)
  }

  snapshot(): Snapshot {
    if (this.#changed.size > 0) this.#snapshot = replaceRows(this.#snapshot, this.#changed.values())
    this.#changed.clear()
    return this.#snapshot
  }

  isAvailable(id: string): boolean {
    const row = this.#row(id)
    return row !== undefined && isAvailable(row)
  }

  /** Has as many as find room take it at once; how many. Where nothing is known of a cluster's room all do. */
  seat(id: string, requirements: Requirements | undefined, replicas: number): number {
    const row = this.#row(id)
    if (row === undefined || !isAvailable(row)) return 0
    const seated = Math.min(replicas, freeRoom(row, requirements) ?? replicas)
    if (row.shapes !== undefined && seated > 0) {
      const shapes = seatAll(row.shapes, podsOf(reservation(requirements, seated)))
      this.#replace(withRequests({ ...row, shapes }, requirements, seated))
    }
    return seated
  }

  leave(id: string, requirements: Requirements | undefined, replicas: number): void {
    const row = this.#row(id)
    if (row?.shapes !== undefined) {
      const shapes = vacate(row.shapes, reservation(requirements, replicas))
      this.#replace(withRequests({ ...row, shapes }, requirements, -replicas))
    }
  }

  #row(id: string): ClusterRow | undefined {
    return this.#changed.get(id) ?? this.#snapshot.byId.get(id)
  }

  #replace(row: ClusterRow): void {
    this.#changed.set(row.id, row)
  }
}

function reservation(requirements: Requirements | undefined, replicas: number) {
  return requirements === undefined ? { replicas } : { replicas, requirements }
}
