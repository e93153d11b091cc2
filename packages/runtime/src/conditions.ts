// Status conditions, as in metav1.Condition.
import { timestamp } from './timestamp.ts'

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** CamelCase, one word. */
  readonly reason: string
  readonly message: string
  readonly observedGeneration?: number
  /** When `status` changed last. */
  readonly lastTransitionTime: string
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/**
 * The conditions with `next` in the place of the one of its type. `lastTransitionTime` moves to `now` (ms since
 * 1970) only when the status changes. The same array when nothing changes.
 */
export function setCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  now: number,
): readonly Condition[] {
  const old = findCondition(conditions, next.type)
  if (old === undefined) return [...conditions, { ...next, lastTransitionTime: timestamp(now) }]
  if (isSame(old, next)) return conditions
  const lastTransitionTime = old.status === next.status ? old.lastTransitionTime : timestamp(now)
  return conditions.map((condition) => (condition === old ? { ...next, lastTransitionTime } : condition))
}

function isSame(old: Condition, next: Omit<Condition, 'lastTransitionTime'>): boolean {
  return (
    old.status === next.status &&
    old.reason === next.reason &&
    old.message === next.message &&
    old.observedGeneration === next.observedGeneration
  )
}
