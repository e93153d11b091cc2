// Clusters as a plan goes on: replicas that arrive take room, those that leave give it back.
import type { CostBook } from '../cost/book.ts'
import { withRequests } from '../cost/load.ts'
import { freeRoom } from '../estimate.ts'
import { isAvailable } from '../filters/availability.ts'
import type { Requirements } from '../requirements.ts'
import { reserve } from '../reserve.ts'
import { type ClusterRow, createSnapshot, type Snapshot } from '../snapshot.ts'
import { vacate } from './vacate.ts'

export class Rooms {
  /** By id, in the order of a snapshot. */
  readonly #rows: Map<string, ClusterRow>
  readonly #book: CostBook
  #snapshot: Snapshot | undefined

  constructor(clusters: readonly ClusterRow[], book: CostBook) {
    this.#snapshot = createSnapshot(clusters, book)
    this.#book = book
    this.#rows = new Map(this.#snapshot.byId)
  }

  snapshot(): Snapshot {
    return (this.#snapshot ??= { clusters: [...this.#rows.values()], byId: new Map(this.#rows), book: this.#book })
  }

  isAvailable(id: string): boolean {
    const row = this.#rows.get(id)
    return row !== undefined && isAvailable(row)
  }

  /** Has as many as find room take it at once; how many. Where nothing is known of a cluster's room all do. */
  seat(id: string, requirements: Requirements | undefined, replicas: number): number {
    const row = this.#rows.get(id)
    if (row === undefined || !isAvailable(row)) return 0
    const seated = Math.min(replicas, freeRoom(row, requirements) ?? replicas)
    if (row.shapes !== undefined && seated > 0) {
      const shapes = reserve(row.shapes, reservation(requirements, seated))
      this.#replace(withRequests({ ...row, shapes }, requirements, seated))
    }
    return seated
  }

  leave(id: string, requirements: Requirements | undefined, replicas: number): void {
    const row = this.#rows.get(id)
    if (row?.shapes !== undefined) {
      const shapes = vacate(row.shapes, reservation(requirements, replicas))
      this.#replace(withRequests({ ...row, shapes }, requirements, -replicas))
    }
  }

  #replace(row: ClusterRow): void {
    this.#rows.set(row.id, row)
    this.#snapshot = undefined
  }
}

function reservation(requirements: Requirements | undefined, replicas: number) {
  return requirements === undefined ? { replicas } : { replicas, requirements }
}
