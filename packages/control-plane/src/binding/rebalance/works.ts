// What the rebalancer is told of the bindings of a policy, and what it asks of them. Pure.
import type { BindingSpec } from '@flotilla/api/resource-binding'
import { keyOf } from '@flotilla/machinery/object'
import { describeMove } from '@flotilla/scheduler/rebalance/describe-move'
import type { Work } from '@flotilla/scheduler/rebalance/movable'
import type { Proposal } from '@flotilla/scheduler/rebalance/propose'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import type { Binding } from '../../hub.ts'
import { turnOf } from '../../turn.ts'
import type { Target } from './ask.ts'
import { hourMs, isAfter } from './run.ts'

export interface WorkOptions extends Pick<Work, 'gate' | 'budget'> {
  readonly now: number
  /** The scheduler would not have what was asked for last. */
  readonly isRefused: boolean
}

export function toWork(binding: Binding, request: ScheduleRequest, { now, isRefused, ...options }: WorkOptions): Work {
  const { rebalanced } = binding.spec
  return {
    key: keyOf(binding.metadata),
    priority: turnOf(binding).priority,
    request,
    ...options,
    ...(isRefused ? { kept: 'refused by the scheduler' } : {}),
    ...(isAfter(rebalanced, now - hourMs) ? { staysOn: new Set(rebalanced.to) } : {}),
  }
}

/** What to ask of the binding for the first wave. `window`: moves after it count against the same budget. */
export function targetFor(
  { spec }: Binding,
  clusters: ReadonlyMap<string, number>,
  { waves, currency }: Pick<Proposal, 'waves' | 'currency'>,
  { key, window, now }: { readonly key: string; readonly window: number; readonly now: number },
): Target {
  const moves = (waves[0] ?? []).filter((move) => move.key === key)
  const moved = moves.reduce((sum, { from, replicas }) => sum + (from === undefined ? 0 : replicas), 0)
  const { rebalanced } = spec
  const replicas = moved + (isAfter(rebalanced, window) ? rebalanced.replicas : 0)
  const before = isAfter(rebalanced, now - hourMs) ? rebalanced.to : []
  const to = [...new Set([...before, ...gaining(spec, clusters)])]
  return { clusters, moves: { replicas, to, message: moves.map((move) => describeMove(move, currency)).join('; ') } }
}

function gaining({ decision }: BindingSpec, clusters: ReadonlyMap<string, number>): readonly string[] {
  const had = new Map((decision?.clusters ?? []).map(({ id, replicas = 0 }) => [id, replicas]))
  return [...clusters].flatMap(([id, replicas]) => (replicas > (had.get(id) ?? 0) ? [id] : []))
}
