// Spaces out the looks at things of many parts: looking at all of them for each one that changes would be quadratic.
import type { Env } from '@flotilla/runtime/env'

interface Look {
  readonly at: number
  readonly parts: number
  readonly version: unknown
}

/** Fewer parts than this are looked at every time. */
const fewParts = 100
const partsPerMs = 20

export class Pacing {
  readonly #env: Env
  readonly #looks = new Map<string, Look>()

  constructor(env: Env) {
    this.#env = env
  }

  /** Ms until `key` may be looked at again; 0: now. What has a new version (was edited) never waits. */
  waitMs(key: string, version: unknown): number {
    const last = this.#looks.get(key)
    if (last === undefined || last.version !== version || last.parts < fewParts) return 0
    return Math.max(0, Math.ceil(last.at + last.parts / partsPerMs - this.#env.clock.monotonic()))
  }

  /** `key` was looked at now. */
  note(key: string, parts: number, version: unknown): void {
    this.#looks.set(key, { at: this.#env.clock.monotonic(), parts, version })
  }

  forget(key: string): void {
    this.#looks.delete(key)
  }
}
