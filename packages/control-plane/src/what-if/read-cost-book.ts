// The costs that placements with an objective go by, as the hub has them now.
import { type CarbonSheet, carbonSheetResource } from '@flotilla/api/carbon-sheet'
import { type PriceSheet, priceSheetResource } from '@flotilla/api/price-sheet'
import { type TrafficProfile, trafficProfileResource } from '@flotilla/api/traffic-profile'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { compileCostBook, type CostBook } from '@flotilla/scheduler/cost/book'

/** `now`: milliseconds since 1970. */
export async function readCostBook(api: KubeApi, now: number): Promise<CostBook> {
  const [prices, profiles, emissions] = await Promise.all([
    api.list<PriceSheet>(priceSheetResource),
    api.list<TrafficProfile>(trafficProfileResource),
    api.list<CarbonSheet>(carbonSheetResource),
  ])
  const sources = { priceSheets: prices.items, trafficProfiles: profiles.items, carbonSheets: emissions.items }
  return compileCostBook(sources, now)
}
