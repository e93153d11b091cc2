// A store that lives as long as its process: tests and simulated members.
import type { Env } from '@flotilla/runtime/env'
import { CoreStore } from './core-store.ts'
import type { Store } from './store.ts'

export interface MemoryStoreOptions {
  readonly env: Env
  readonly history?: number
  /** Default true: whoever mutates a stored object finds out at once. */
  readonly freeze?: boolean
}

export function createMemoryStore({ env, history, freeze = true }: MemoryStoreOptions): Store {
  return new CoreStore({ env, freeze, ...(history === undefined ? {} : { history }) })
}
