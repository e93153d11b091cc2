// How templates of groups went, as far as it was seen: once one is gone its owner reference may be too, whichever way it
// was deleted.
import type { KubeObject } from '@flotilla/machinery/object'

const mostRemembered = 10_000

export class Farewells {
  /** By UID, the oldest first. */
  readonly #ways = new Map<string, 'Deleted' | 'Orphaned'>()

  see({ metadata }: KubeObject): void {
    const way = metadata.finalizers?.includes('orphan') === true ? 'Orphaned' : 'Deleted'
    this.#ways.set(metadata.uid ?? '', way)
    const [oldest] = this.#ways.keys()
    if (this.#ways.size > mostRemembered && oldest !== undefined) this.#ways.delete(oldest)
  }

  of(uid: string): 'Deleted' | 'Orphaned' | undefined {
    return this.#ways.get(uid)
  }
}
