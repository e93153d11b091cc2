// What one write of a binding tells people who look at the workload. Pure.
import type { Condition } from '@flotilla/api/condition'
import type { Happening } from '@flotilla/runtime/event-recorder'
import type { Binding } from '../hub.ts'
import { type Move, moveOf } from '../move.ts'

/** Of a binding that is new its first decision; `time`: RFC 3339. */
export function bindingEvents(before: Binding | undefined, after: Binding, time: string): readonly Happening[] {
  const placed = placedEvent(before, after, time)
  const problems = (after.status?.conditions ?? []).flatMap((condition) => {
    const known = before?.status?.conditions?.find(({ type }) => type === condition.type)
    return isProblem(condition) && !isSame(known, condition) ? [problemEvent(condition)] : []
  })
  return placed === undefined ? problems : [placed, ...problems]
}

function placedEvent(before: Binding | undefined, after: Binding, time: string): Happening | undefined {
  const { decision } = after.spec
  if (decision === undefined || decision.clusters === before?.spec.decision?.clusters) return undefined
  const move = before && moveOf(before, after, time)
  if (move) return moveEvent(move)
  const shares = describe(sharesOf(after))
  if (before !== undefined && shares === describe(sharesOf(before))) return undefined
  return { type: 'Normal', reason: 'Placed', message: shares === '' ? 'on no cluster' : `on ${shares}` }
}

function moveEvent({ from, to, reason, message }: Move): Happening {
  const why = message === '' ? '' : `: ${message}`
  return { ...kindOfMove(reason), message: `${describe(from)} to ${describe(to)}${why}` }
}

function kindOfMove(reason: string): Pick<Happening, 'type' | 'reason'> {
  if (reason === 'ClusterFailed' || reason === 'ApplicationUnhealthy') return { type: 'Warning', reason: 'FailedOver' }
  return { type: 'Normal', reason: reason === 'Return' ? 'Returned' : 'Moved' }
}

function sharesOf({ spec }: Binding): Readonly<Record<string, number>> {
  const entries = (spec.decision?.clusters ?? []).filter(({ replicas }) => replicas !== 0)
  return Object.fromEntries(entries.map(({ name, replicas = 1 }) => [name, replicas]))
}

/** `eu 3, us 2`. */
function describe(replicas: Readonly<Record<string, number>>): string {
  const names = Object.keys(replicas).sort()
  return names.map((name) => `${name} ${replicas[name]}`).join(', ')
}

/** Scheduled and Applied are to be True, whatever else may be told is not. Pending is no problem yet. */
function isProblem({ type, status, reason }: Condition): boolean {
  if (type === 'Scheduled' || type === 'Applied') return status === 'False' && reason !== 'Pending'
  return type !== 'Ready' && type !== 'Healthy' && status === 'True'
}

function isSame(before: Condition | undefined, { status, reason, message }: Condition): boolean {
  return before?.status === status && before.reason === reason && before.message === message
}

function problemEvent({ type, reason, message }: Condition): Happening {
  const names: Readonly<Record<string, string>> = { Scheduled: 'NotScheduled', Applied: 'NotApplied' }
  const name = names[type]
  return { type: 'Warning', reason: name ?? type, message: name === undefined ? message : `${reason}: ${message}` }
}
