// When what is known of a member's room was read: kept in memory, since a status that says nothing new is not written.

export class Readings {
  readonly #began = new Map<string, number>()

  /** The hub shows that reading of the cluster of that identity; `began`: monotonic milliseconds when it did. */
  note(clusterId: string, began: number): void {
    this.#began.set(clusterId, began)
  }

  /** Whether all that the hub shows of its room was read from then on. False where nobody has told since the start. */
  isSince(clusterId: string, time: number): boolean {
    return (this.#began.get(clusterId) ?? Number.NEGATIVE_INFINITY) >= time
  }
}
