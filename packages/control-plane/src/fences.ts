// Whether we may write to a member now: kept by the lease on it, asked before each write.

/** What stands behind a fence: true while our claim on the member holds. */
export interface Fence {
  mayWrite(): boolean
  /** Gives our claim up for good. @throws what the member answers. */
  end(): Promise<void>
}

export class Fences {
  readonly #fences = new Map<string, Fence>()
  readonly #listeners = new Set<(cluster: string) => void>()

  /** False for a member whose lease has not been taken. */
  mayWrite(cluster: string): boolean {
    return this.#fences.get(cluster)?.mayWrite() === true
  }

  /** Gives our claim on a member up for good. @throws what the member answers. */
  async end(cluster: string): Promise<void> {
    await this.#fences.get(cluster)?.end()
  }

  set(cluster: string, fence: Fence): void {
    this.#fences.set(cluster, fence)
  }

  delete(cluster: string): void {
    this.#fences.delete(cluster)
  }

  /** The lease on `cluster` was taken, renewed or lost. */
  changed(cluster: string): void {
    for (const listener of this.#listeners) listener(cluster)
  }

  /** Calls `listener` when the right to write to a member may have changed. Returns the way out. */
  onChange(listener: (cluster: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
