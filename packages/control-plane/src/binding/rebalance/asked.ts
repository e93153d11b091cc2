// What the scheduler was asked for and has not been seen to answer yet.
import { keyOf } from '@flotilla/machinery/object'
import type { Binding } from '../../hub.ts'

interface Asking {
  /** Of the decision that was to change. */
  readonly forHash: string
  readonly at: number
  /** The hub has been seen to hold what was asked: once it does not any more it is answered. */
  isSeen: boolean
}

/** What has not been seen for so long was answered while nobody looked. */
const unseenMs = 60_000

export class Asked {
  readonly #byKey = new Map<string, Asking>()

  /** `now`: milliseconds. */
  add({ metadata, spec }: Binding, now: number): void {
    this.#byKey.set(keyOf(metadata), { forHash: spec.decision?.forHash ?? '', at: now, isSeen: false })
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  see(key: string): void {
    const asking = this.#byKey.get(key)
    if (asking !== undefined) asking.isSeen = true
  }

  /** Forgets what is answered; keys of bindings whose decision stayed: the rules or the room did not allow it. */
  takeRefused(read: (key: string) => Binding | undefined, now: number): readonly string[] {
    return [...this.#byKey].flatMap(([key, { forHash, at, isSeen }]) => {
      const spec = read(key)?.spec
      const isSame = spec?.decision?.forHash === forHash
      const isOpen = spec !== undefined && isSame && (spec.rebalance !== undefined || !(isSeen || now - at > unseenMs))
      if (isOpen) return []
      this.#byKey.delete(key)
      return isSame ? [key] : []
    })
  }
}
