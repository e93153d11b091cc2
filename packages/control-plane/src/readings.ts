// When what is known of a member's room was read: kept in memory, since a status that says nothing new is not written.

export class Readings {
  readonly #began = new Map<string, number>()

  /** Of the cluster of that identity; `began`: monotonic milliseconds, when the reading had not begun before. */
  note(clusterId: string, began: number): void {
    this.#began.set(clusterId, began)
  }

  /** Whether all that the hub shows of its room was read after that. False where nobody has told since the start. */
  isSince(clusterId: string, time: number): boolean {
    return (this.#began.get(clusterId) ?? Number.NEGATIVE_INFINITY) >= time
  }
}
