// The reconcile loop: watched changes become keys, keys are reconciled one at a time each, failures back off.
import type { Env } from './env.ts'
import type { Change, Source } from './source.ts'

export interface Result {
  /** Reconcile again so much later, unless a change comes first. */
  readonly requeueAfterMs?: number
}

export interface Watch {
  readonly source: Source<unknown>
  readonly toKeys: (change: Change<unknown>) => Iterable<string>
}

export interface Controller {
  readonly name: string
  /** How many keys at once; one key is never reconciled twice at the same time. Default 1. */
  readonly concurrency?: number
  readonly watches: readonly Watch[]
  /** Throwing backs the key off exponentially; `Waiting` and `Stalled` (errors.ts) say more. */
  reconcile(key: string, signal: AbortSignal): Promise<Result | void>
}

export interface RunningController extends AsyncDisposable {
  /** Reconcile `key` now, as if a change had named it. */
  enqueue(key: string): void
  /** Resolves when nothing is queued or running (delayed keys do not count). */
  idle(): Promise<void>
  stop(): Promise<void>
}

/** Types the keys of a watch by its source. */
export function watch<Row>(source: Source<Row>, toKeys: (change: Change<Row>) => Iterable<string>): Watch {
  return { source: source as Source<unknown>, toKeys: toKeys as (change: Change<unknown>) => Iterable<string> }
}

export type StartController = (env: Env, controller: Controller) => RunningController
