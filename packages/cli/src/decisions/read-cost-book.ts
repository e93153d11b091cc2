// The costs that placements with an objective go by, as the hub has them now.
import { type CarbonSheet, carbonSheetResource } from '@flotilla/api/carbon-sheet'
import type { Placement } from '@flotilla/api/placement'
import { type PriceSheet, priceSheetResource } from '@flotilla/api/price-sheet'
import { type TrafficProfile, trafficProfileResource } from '@flotilla/api/traffic-profile'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { compileCostBook, type CostBook } from '@flotilla/scheduler/cost/book'
import { defaultCostBook } from '@flotilla/scheduler/cost/default-book'

/** Nothing is read for a placement without an objective. `now`: milliseconds since 1970. */
export async function readCostBook(hub: KubeApi, { objective }: Placement, now: number): Promise<CostBook> {
  if (objective === undefined) return defaultCostBook
  const [prices, profiles, emissions] = await Promise.all([
    hub.list<PriceSheet>(priceSheetResource),
    hub.list<TrafficProfile>(trafficProfileResource),
    hub.list<CarbonSheet>(carbonSheetResource),
  ])
  const sources = { priceSheets: prices.items, trafficProfiles: profiles.items, carbonSheets: emissions.items }
  return compileCostBook(sources, now)
}
