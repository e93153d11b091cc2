// Since when workloads have had no place: room counts as missing only if it was read after that.
import { keyOf } from '@flotilla/machinery/object'
import type { Binding } from '../../hub.ts'

interface Wait {
  readonly forHash: string | undefined
  /** Monotonic milliseconds. */
  readonly since: number
}

/** Starts anew with the process, and with every decision. */
export class Patience {
  #waits: ReadonlyMap<string, Wait> = new Map()

  /** `short`: all that have no place now. */
  follow(short: readonly Binding[], now: number): void {
    this.#waits = new Map(
      short.map(({ metadata, spec }) => {
        const key = keyOf(metadata)
        const known = this.#waits.get(key)
        const forHash = spec.decision?.forHash
        return [key, known !== undefined && known.forHash === forHash ? known : { forHash, since: now }]
      }),
    )
  }

  since({ metadata }: Binding): number {
    return this.#waits.get(keyOf(metadata))?.since ?? Number.POSITIVE_INFINITY
  }
}
