// What would happen before any change: decisions played out to their end, and what is other then.
import type { PlanStatus } from '@flotilla/api/plan'
import { compareSteps } from './compare.ts'
import type { Fleet } from './fleet.ts'
import { runSteps } from '../steps.ts'
import { settleAllSteps } from './settle-all.ts'
import { nameSteps } from './snapshot-name.ts'

export interface Planned {
  readonly status: PlanStatus
  /** As it is once everything has moved. */
  readonly fleet: Fleet
}

/**
 * `changed`: `now` with the change whose name, any JSON value, is `change`. In steps of some milliseconds. Throws as
 * `settleSteps` does.
 */
export function* planChangeSteps(now: Fleet, changed: Fleet, change: unknown): Generator<void, Planned> {
  const { fleet, waves } = yield* settleAllSteps(changed)
  const compared = yield* compareSteps(now, fleet)
  const snapshot = yield* nameSteps(now, change, compared)
  const works = fleet.works.filter(({ removal }) => removal === undefined).map((work) => ({ ...work, isNew: false }))
  return { status: { snapshot, ...compared, waves }, fleet: { ...fleet, works } }
}

/** All steps at once. */
export function planChange(now: Fleet, changed: Fleet, change: unknown): Planned {
  return runSteps(planChangeSteps(now, changed, change))
}
