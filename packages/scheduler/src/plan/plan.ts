// What would happen before any change: decisions played out to their end, and what is other then.
import type { PlanStatus } from '@flotilla/api/plan'
import { compareFleets } from './compare.ts'
import type { Fleet } from './fleet.ts'
import { settleAll } from './settle-all.ts'
import { nameSnapshot } from './snapshot-name.ts'

export interface Planned {
  readonly status: PlanStatus
  /** As it is once everything has moved. */
  readonly fleet: Fleet
}

/**
 * `changed`: `now` with the change whose name, any JSON value, is `change`. Throws as `settle` does.
 */
export function planChange(now: Fleet, changed: Fleet, change: unknown): Planned {
  const settled = settleAll(changed)
  const compared = compareFleets(now, settled)
  const status = { snapshot: nameSnapshot(now, change, compared), ...compared }
  return { status, fleet: { ...settled, works: settled.works.map((work) => ({ ...work, isNew: false })) } }
}
