// What condition Failover says of a cluster: how far its workloads are replaced, and what keeps the others. Pure.
import type { Condition } from '@flotilla/api/condition'
import type { FleetVerdict } from './guard.ts'

export interface Held {
  /** `NAMESPACE/NAME` of the workload. */
  readonly workload: string
  readonly reason: string
  readonly message: string
}

export interface Progress {
  readonly cluster: string
  readonly verdict: FleetVerdict | undefined
  /** Workloads whose replacement is ready. */
  readonly moved: number
  readonly moving: number
  /** Those that the pace has not reached. */
  readonly waiting: number
  readonly held: readonly Held[]
}

/** Undefined: nothing is to be said. */
export function failoverCondition(progress: Progress): Omit<Condition, 'lastTransitionTime'> | undefined {
  const { verdict, moved, moving, waiting, held, cluster } = progress
  if (verdict === undefined && moved + moving === 0) return undefined
  const type = 'Failover'
  if (verdict?.kind === 'hold') return { type, status: 'False', reason: verdict.reason, message: verdict.message }
  const counts = [
    `${moved} ${moved === 1 ? 'workload has' : 'workloads have'} been moved`,
    ...(moving > 0 ? [`${moving} are moving`] : []),
    ...(waiting > 0 ? [`${waiting} wait for their turn`] : []),
    ...(held.length > 0 ? [`${held.length} stay: ${describeHeld(held)}`] : []),
  ]
  const next = verdict === undefined ? 'They come back by themselves' : `Next: flotilla failover ${cluster} --dry-run`
  const reason = moving + waiting > 0 ? 'Moving' : held.length > 0 ? 'SomeStay' : 'Moved'
  return { type, status: 'True', reason, message: `${counts.join('; ')}. ${next}` }
}

/** By reason, with one example each. */
function describeHeld(held: readonly Held[]): string {
  const byReason = Map.groupBy(held, ({ reason }) => reason)
  return [...byReason]
    .map(([reason, all]) => `${all.length} ${reason} (e.g. ${all[0]?.workload}: ${all[0]?.message})`)
    .join(', ')
}
