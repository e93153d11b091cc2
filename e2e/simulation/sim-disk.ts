// A disk that loses what was not yet on it when its process dies.
import type { Journal } from '@flotilla/kube-server/store/core-store'
import type { Stored, StoreEvent } from '@flotilla/kube-server/store/store'
import type { SimProcess } from './sim-process.ts'

export interface SimDiskOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** How long a batch takes to become durable, ms. */
  readonly syncMs?: number
}

export class SimDisk {
  readonly #random: () => number
  readonly #syncMs: number
  readonly #objects = new Map<string, Stored>()
  #events: StoreEvent[] = []
  #compacted = 0
  /** Written, and not yet durable: may survive a crash, or not. */
  #unsynced: readonly StoreEvent[] = []

  constructor({ random, syncMs = 1 }: SimDiskOptions) {
    this.#random = random
    this.#syncMs = syncMs
  }

  /** The journal of the store of one process; what it has not made durable by its death is decided then. */
  mount(process: SimProcess): Journal {
    return {
      append: (events) => {
        if (!process.isDead) this.#unsynced = events
      },
      sync: async () => {
        await process.env.timers.sleep(this.#syncMs)
        this.#settle()
      },
      forget: (_, compacted) => {
        this.#compacted = compacted
      },
      close() {},
    }
  }

  /** The process has died: a batch that was under way is on the disk whole, or not at all. */
  fail(): void {
    if (this.#random() < 0.5) this.#settle()
    this.#unsynced = []
  }

  load() {
    this.#events = this.#events.filter(({ revision }) => revision > this.#compacted)
    return { compacted: this.#compacted, objects: [...this.#objects.values()], events: this.#events }
  }

  #settle(): void {
    for (const event of this.#unsynced) {
      const { key, object, revision } = event
      if (event.type === 'DELETED') this.#objects.delete(key)
      else this.#objects.set(key, { key, object, revision })
      this.#events.push(event)
    }
    this.#unsynced = []
  }
}
