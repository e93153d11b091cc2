// What the condition `Rebalanced` of a policy says. Pure.
import { timestamp } from '@flotilla/runtime/timestamp'
import { formatMoney } from '@flotilla/scheduler/rebalance/describe-move'
import type { Proposal, ProposedMove } from '@flotilla/scheduler/rebalance/propose'
import type { Allowance } from './run.ts'

export interface Report {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: 'Settled' | 'Moving' | 'BudgetSpent' | 'NoRoom' | 'Stalled' | 'CannotSolve' | 'Frozen' | 'Pending'
  readonly message: string
}

/** Of the bindings of one policy. */
export interface Moves {
  /** Of the first wave. */
  readonly now: readonly ProposedMove[]
  /** Of later waves, and over the budget or without room. */
  readonly later: readonly ProposedMove[]
}

/** By owner: `owners` has that of each key. */
export function groupMoves(
  { waves: [first = [], ...others], left }: Pick<Proposal, 'waves' | 'left'>,
  owners: ReadonlyMap<string, string>,
): ReadonlyMap<string, Moves> {
  const ownerOf = ({ key }: ProposedMove) => owners.get(key) ?? ''
  const [now, later] = [Map.groupBy(first, ownerOf), Map.groupBy([...others.flat(), ...left], ownerOf)]
  const all = new Set([...now.keys(), ...later.keys()])
  return new Map([...all].map((owner) => [owner, { now: now.get(owner) ?? [], later: later.get(owner) ?? [] }]))
}

export function reportOf(moves: Moves | undefined, currency: string, { total, left, moreAt }: Allowance): Report {
  const { now = [], later = [] } = moves ?? {}
  if (now.length > 0) {
    const rest = later.length === 0 ? '' : `; ${describe(later, currency)} more after that`
    return { status: 'False', reason: 'Moving', message: `Moves ${describe(now, currency)}${rest}` }
  }
  if (later.length === 0) return { status: 'True', reason: 'Settled', message: 'No move is worth it' }
  const waiting = `${describe(later, currency)} would move`
  if (left > 0) {
    return { status: 'True', reason: 'NoRoom', message: `${waiting}, but there is no room for both copies meanwhile` }
  }
  const until = Number.isFinite(moreAt) ? ` until ${timestamp(moreAt)}` : ''
  const spent = `the ${total} that may move at a time have moved`
  return { status: 'False', reason: 'BudgetSpent', message: `${waiting}, but ${spent}; they wait${until}` }
}

function describe(moves: readonly ProposedMove[], currency: string): string {
  const replicas = moves.reduce((sum, move) => sum + move.replicas, 0)
  const saving = moves.reduce((sum, move) => sum + move.replicas * move.saving, 0)
  const worth = saving > 0 ? ` to save ${formatMoney(saving, currency)} an hour` : ' to make room'
  return `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}${worth}`
}

export const frozen: Report = {
  status: 'False',
  reason: 'Frozen',
  message: 'All moves are frozen. Next: flotilla freeze --off',
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
