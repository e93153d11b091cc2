// What the condition `Rebalanced` of a policy says. Pure.
import { timestamp } from '@flotilla/runtime/timestamp'
import { formatMoney } from '@flotilla/scheduler/rebalance/describe-move'
import type { Proposal, ProposedMove } from '@flotilla/scheduler/rebalance/propose'
import type { Allowance } from './run.ts'

export interface Report {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: 'Settled' | 'Moving' | 'BudgetSpent' | 'NoRoom' | 'Stalled' | 'CannotSolve' | 'Pending'
  readonly message: string
}

/** `keys`: of the policy's bindings. */
export function reportOf(proposal: Proposal, keys: ReadonlySet<string>, allowance: Allowance): Report {
  const { waves, currency } = proposal
  const [first = [], ...later] = waves.map((wave) => wave.filter(({ key }) => keys.has(key)))
  const left = [...later.flat(), ...proposal.left.filter(({ key }) => keys.has(key))]
  const rest = left.length === 0 ? '' : `; ${describe(left, currency)} more after that`
  if (first.length > 0)
    return { status: 'False', reason: 'Moving', message: `Moves ${describe(first, currency)}${rest}` }
  if (left.length === 0) return { status: 'True', reason: 'Settled', message: 'No move is worth it' }
  const waiting = `${describe(left, currency)} would move`
  if (allowance.left > 0) {
    return { status: 'True', reason: 'NoRoom', message: `${waiting}, but there is no room for both copies meanwhile` }
  }
  const until = Number.isFinite(allowance.moreAt) ? ` until ${timestamp(allowance.moreAt)}` : ''
  const spent = `the ${allowance.total} that may move at a time have moved`
  return { status: 'False', reason: 'BudgetSpent', message: `${waiting}, but ${spent}; they wait${until}` }
}

function describe(moves: readonly ProposedMove[], currency: string): string {
  const replicas = moves.reduce((sum, move) => sum + move.replicas, 0)
  const saving = moves.reduce((sum, move) => sum + move.replicas * move.saving, 0)
  const worth = saving > 0 ? ` to save ${formatMoney(saving, currency)} an hour` : ' to make room'
  return `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}${worth}`
}

export function cannotSolve(error: unknown): Report {
  const why = error instanceof Error ? error.message : String(error)
  const message = `${why}. What is placed stays; it is tried again`
  return { status: 'Unknown', reason: 'CannotSolve', message }
}

export function stalled(names: readonly string[], since: string): Report {
  const which = `${names[0] ?? ''}${names.length > 1 ? ` and ${names.length - 1} more` : ''}`
  const message = `${which} has been moving since ${since}: what is new is not ready; the old copies stay, and nothing else is begun. Next: flotilla explain`
  return { status: 'False', reason: 'Stalled', message }
}
