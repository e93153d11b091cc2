// Who solves what a rebalance asks: in this thread, or wherever the wiring has it done.
import type { Env } from '@flotilla/runtime/env'
import type { Problem } from '@flotilla/scheduler/rebalance/problem'
import { type Proposal, type ProposeOptions, proposeSteps } from '@flotilla/scheduler/rebalance/propose'
import { type RebalanceOptions, rebalanceSteps } from '@flotilla/scheduler/rebalance/solve'
import type { Work } from '@flotilla/scheduler/rebalance/movable'
import type { Snapshot } from '@flotilla/scheduler/snapshot'

/** Replicas by option, as `rebalance` has them. Rejects when it cannot be solved, takes too long or is aborted. */
export type Solve = (problem: Problem, options: RebalanceOptions, signal: AbortSignal) => Promise<Int32Array>

/** Solves between other work, which it lets go first every few milliseconds. */
export function createSolveHere({ timers }: Env): Solve {
  return async (problem, options, signal) => {
    const steps = rebalanceSteps(problem, options)
    for (;;) {
      const { done, value } = steps.next()
      if (done === true) return value.replicas
      await timers.yield()
      signal.throwIfAborted()
    }
  }
}

export interface Proposing {
  readonly env: Env
  readonly solve: Solve
  readonly signal: AbortSignal
}

/** As `proposeMoves`, without keeping others waiting. Rejects as `Solve` does, and with BadRequest as it does. */
export async function propose(
  { env, solve, signal }: Proposing,
  works: readonly Work[],
  snapshot: Snapshot,
  options: ProposeOptions,
): Promise<Proposal> {
  const steps = proposeSteps(works, snapshot, options)
  let step = steps.next()
  while (step.done !== true) {
    signal.throwIfAborted()
    const question = step.value
    if (question === undefined) await env.timers.yield()
    step = steps.next(question && (await solve(question.problem, question.options, signal)))
  }
  return step.value
}
