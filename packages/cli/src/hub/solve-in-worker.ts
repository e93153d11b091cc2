// Solves what a rebalance asks in a thread of its own, which has so much time and memory and no more.
import { Worker } from 'node:worker_threads'
import type { Solve } from '@flotilla/control-plane/binding/rebalance/solve'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import type { Problem } from '@flotilla/scheduler/rebalance/problem'
import type { RebalanceOptions } from '@flotilla/scheduler/rebalance/solve'

/** What the thread is given. */
export interface Solving {
  readonly problem: Problem
  readonly options: RebalanceOptions
}

export interface WorkerLimits {
  /** Milliseconds. Default: a minute, of which ten thousand workloads on a thousand clusters need a few seconds. */
  readonly deadlineMs?: number
  /** Default: 1,024. */
  readonly memoryMiB?: number
}

/** Rejects when the thread is out of time or memory or ends without an answer; it has ended by then. */
export function createSolveInWorker(
  { timers }: Env,
  { deadlineMs = 60_000, memoryMiB = 1_024 }: WorkerLimits = {},
): Solve {
  return async (problem, options, signal) => {
    signal.throwIfAborted()
    const worker = new Worker(new URL('./solve-worker.ts', import.meta.url), {
      workerData: { problem, options } satisfies Solving,
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
    })
    const { promise, resolve, reject } = Promise.withResolvers<Int32Array>()
    const late = timers.after(deadlineMs, () => reject(cannotSolve(`it took more than ${deadlineMs / 1_000} s`)))
    const onAbort = () => reject(cannotSolve('it was stopped'))
    signal.addEventListener('abort', onAbort, { once: true })
    worker.once('message', resolve)
    worker.once('error', (error: Error) => reject(cannotSolve(error.message, error)))
    worker.once('exit', (code) => reject(cannotSolve(`its thread ended with code ${code}`)))
    try {
      return await promise
    } finally {
      late.cancel()
      signal.removeEventListener('abort', onAbort)
      await worker.terminate()
    }
  }
}

function cannotSolve(why: string, cause?: Error): FlotillaError {
  return new FlotillaError('Internal', `Cannot solve the rebalance: ${why}`, {}, cause && { cause })
}
