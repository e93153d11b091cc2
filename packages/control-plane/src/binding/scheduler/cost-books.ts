// The costs that decisions go by: made anew when a sheet changes, begins or ends.
import { compileCostBook, type CostBook } from '@flotilla/scheduler/cost/book'
import type { Hub } from '../../hub.ts'

export class CostBooks {
  readonly #hub: Hub
  readonly #now: () => number
  #book: CostBook | undefined

  /** `now`: milliseconds since 1970. */
  constructor(hub: Hub, now: () => number) {
    this.#hub = hub
    this.#now = now
  }

  /** A sheet or a profile changed. */
  forget(): void {
    this.#book = undefined
  }

  /** The same book as long as nothing changes. */
  current(): CostBook {
    const now = this.#now()
    if (this.#book === undefined || now >= this.#book.validUntil) this.#book = this.#compile(now)
    return this.#book
  }

  #compile(now: number): CostBook {
    const sources = {
      priceSheets: [...this.#hub.priceSheets.list()],
      trafficProfiles: [...this.#hub.trafficProfiles.list()],
      carbonSheets: [...this.#hub.carbonSheets.list()],
    }
    return compileCostBook(sources, now)
  }
}
