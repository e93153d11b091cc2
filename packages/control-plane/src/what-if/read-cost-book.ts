// The costs that placements with an objective go by, as the hub has them now.
import { type CarbonSheet, carbonSheetResource } from '@flotilla/api/carbon-sheet'
import { apiVersion } from '@flotilla/api/group'
import { type PriceSheet, priceSheetResource } from '@flotilla/api/price-sheet'
import { type TrafficProfile, trafficProfileResource } from '@flotilla/api/traffic-profile'
import { loadCelFor } from '@flotilla/machinery/cel/program'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { compileCostBook, type CostBook, type CostSources } from '@flotilla/scheduler/cost/book'
import { kindIdOf } from '../object-id.ts'
import { idOf, replaced } from './hub-state.ts'

export async function readCostSources(api: KubeApi): Promise<CostSources> {
  const [prices, profiles, emissions] = await Promise.all([
    api.list<PriceSheet>(priceSheetResource),
    api.list<TrafficProfile>(trafficProfileResource),
    api.list<CarbonSheet>(carbonSheetResource),
  ])
  const sources = { priceSheets: prices.items, trafficProfiles: profiles.items, carbonSheets: emissions.items }
  await loadCelFor([sources])
  return sources
}

/** With `objects` in place of those of their names, without those that are `removed`. */
export function withSheets(
  sources: CostSources,
  objects: readonly KubeObject[],
  removed: readonly KubeObject[] = [],
): CostSources {
  const gone = new Set(removed.map(idOf))
  const of = <Kind extends KubeObject>({ kind, group }: Resource, all: readonly Kind[]) => {
    const sheets = objects.filter((object) => kindIdOf(object) === `${group}/${kind}`) as unknown as readonly Kind[]
    return replaced(all, sheets).filter((object) => !gone.has(idOf({ ...object, apiVersion, kind })))
  }
  return {
    priceSheets: of(priceSheetResource, sources.priceSheets),
    trafficProfiles: of(trafficProfileResource, sources.trafficProfiles),
    carbonSheets: of(carbonSheetResource, sources.carbonSheets),
  }
}

/** `now`: milliseconds since 1970. */
export async function readCostBook(api: KubeApi, now: number): Promise<CostBook> {
  return compileCostBook(await readCostSources(api), now)
}
