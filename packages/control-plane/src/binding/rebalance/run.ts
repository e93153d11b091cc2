// Which policies ask for moves now, how many they may make, and when those with a schedule have their next turn. Pure.
import { nextTime } from '@flotilla/api/cron'
import { type PolicyStatus, type Reschedule, usualGainPercent, usualMovesPercent } from '@flotilla/api/reschedule'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Binding } from '../../hub.ts'
import { isOver } from './ask.ts'

type Schedule = NonNullable<PolicyStatus['schedule']>

/** Moves of so long count against a budget, and what has come stays for as long. */
export const hourMs = 3_600_000

/**
 * What the status of a policy with a schedule is to say. A time that was missed by more than an hour is left out; moves
 * that have been under way for so long end.
 */
export function scheduleAt(
  { schedule = '', timeZone = 'UTC' }: Reschedule,
  known: Schedule | undefined,
  now: number,
): Schedule {
  const spec = `${schedule} ${timeZone}`
  if (known?.spec !== spec) return { spec, ...nextOf(schedule, timeZone, now) }
  const { since, ...rest } = known
  const running = since !== undefined && now - Date.parse(since) < hourMs ? { since } : {}
  const due = known.next === undefined ? Number.POSITIVE_INFINITY : Date.parse(known.next)
  if (now < due) return { ...rest, ...running }
  const begun = now - due < hourMs ? { since: known.next ?? '' } : running
  return { spec, ...nextOf(schedule, timeZone, now), ...begun }
}

function nextOf(schedule: string, timeZone: string, now: number): Pick<Schedule, 'next'> {
  const next = nextTime(schedule, timeZone, now)
  return next === undefined ? {} : { next: timestamp(next) }
}

/** Milliseconds since 1970 after which moves count against the budget; undefined: none may be made now. */
export function windowOf({ mode }: Reschedule, schedule: Schedule | undefined, now: number): number | undefined {
  if (mode === 'OnChange') return now - hourMs
  return schedule?.since === undefined ? undefined : Date.parse(schedule.since) - 1
}

export interface Allowance {
  /** Replicas that may move in a window. */
  readonly total: number
  readonly left: number
  /** Milliseconds since 1970 at which more may move, where nothing is left. */
  readonly moreAt: number
}

/** `bindings`: all of the policy. */
export function allowanceOf(reschedule: Reschedule, bindings: readonly Binding[], window: number): Allowance {
  const total = budgetOf(reschedule, bindings)
  const recent = bindings.flatMap(({ spec: { rebalanced } }) => (isAfter(rebalanced, window) ? rebalanced : []))
  const used = recent.reduce((sum, { replicas }) => sum + replicas, 0)
  const oldest = recent.reduce((least, { time }) => Math.min(least, Date.parse(time)), Number.POSITIVE_INFINITY)
  return { total, left: Math.max(0, total - used), moreAt: oldest + hourMs }
}

function budgetOf(
  { maxMoves, maxMovesPercent = maxMoves === undefined ? usualMovesPercent : 100 }: Reschedule,
  bindings: readonly Binding[],
): number {
  const replicas = bindings.reduce((sum, { spec }) => sum + (spec.workloads[0]?.components[0]?.replicas ?? 0), 0)
  return Math.min(maxMoves ?? Number.POSITIVE_INFINITY, Math.ceil((replicas * maxMovesPercent) / 100))
}

/** As of `RebalanceOptions`. */
export function gateOf({ minGainPercent = usualGainPercent }: Reschedule): number {
  return 100 / minGainPercent
}

export function isAfter<Moved extends { readonly time: string }>(
  moved: Moved | undefined,
  time: number,
): moved is Moved {
  return moved !== undefined && Date.parse(moved.time) > time
}

/** What a rebalance asked for is not over. */
export function isMoving(binding: Binding): boolean {
  const { rebalance, rebalanced, decision } = binding.spec
  const isOwn = rebalanced !== undefined && rebalanced.forHash === decision?.forHash
  return rebalance !== undefined || (isOwn && !isOver(binding))
}
