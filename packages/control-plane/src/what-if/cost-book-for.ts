// The costs that one placement goes by.
import type { Placement } from '@flotilla/api/placement'
import { readCostBook } from './read-cost-book.ts'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { CostBook } from '@flotilla/scheduler/cost/book'
import { defaultCostBook } from '@flotilla/scheduler/cost/default-book'

/** Nothing is read for a placement without an objective. `now`: milliseconds since 1970. */
export async function costBookFor(hub: KubeApi, { objective }: Placement, now: number): Promise<CostBook> {
  return objective === undefined ? defaultCostBook : readCostBook(hub, now)
}
