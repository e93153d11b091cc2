// What is known of costs at one moment: the sheets that are in force then, in the order in which they count. Immutable.
import type { CarbonEntry, CarbonSheet } from '@flotilla/api/carbon-sheet'
import type { PriceEntry, PriceSheet } from '@flotilla/api/price-sheet'
import type { TrafficProfile } from '@flotilla/api/traffic-profile'
import type { KubeObject } from '@flotilla/machinery/object'
import { compareText } from '../snapshot.ts'
import { type Dated, judgeSheets, nextBoundary } from './in-force.ts'

export interface CostSources {
  readonly priceSheets: readonly PriceSheet[]
  readonly trafficProfiles: readonly TrafficProfile[]
  readonly carbonSheets: readonly CarbonSheet[]
}

export interface PriceRule {
  readonly sheet: string
  readonly entry: PriceEntry
}

export interface CostBook {
  /** ISO 4217 code of all prices. */
  readonly currency: string
  /** The first that selects a cluster and its nodes counts. */
  readonly prices: readonly PriceRule[]
  /** Extended resources that some rule has a price of: where it has none it is unknown, elsewhere there is nothing to pay. */
  readonly pricedResources: ReadonlySet<string>
  readonly hasEgressPrice: boolean
  /** The first that selects a cluster counts. */
  readonly carbon: readonly CarbonEntry[]
  /** By name. */
  readonly traffic: readonly TrafficProfile[]
  /** Milliseconds since 1970 at which another sheet begins or ends; Infinity: none does. */
  readonly validUntil: number
}

/** `now`: milliseconds since 1970. */
export function compileCostBook({ priceSheets, trafficProfiles, carbonSheets }: CostSources, now: number): CostBook {
  const { currency, standings } = judgeSheets(priceSheets, now)
  const prices = latestFirst(priceSheets.filter((sheet) => standings.get(sheet)?.inForce === true)).flatMap(
    ({ metadata, spec }) => spec.entries.map((entry) => ({ sheet: metadata.name, entry })),
  )
  const carbon = judgeSheets(carbonSheets, now).standings
  return {
    currency,
    prices,
    pricedResources: new Set(prices.flatMap(({ entry }) => Object.keys(entry.perResourceHour ?? {}))),
    hasEgressPrice: prices.some(({ entry }) => entry.perEgressGiB !== undefined),
    carbon: latestFirst(carbonSheets.filter((sheet) => carbon.get(sheet)?.inForce === true)).flatMap(
      ({ spec }) => spec.entries,
    ),
    traffic: trafficProfiles.toSorted(byName),
    validUntil: Math.min(nextBoundary(priceSheets, now), nextBoundary(carbonSheets, now)),
  }
}

/** What began last replaces what was there before; of sheets that began together the first by name. */
function latestFirst<Sheet extends KubeObject & Dated>(sheets: readonly Sheet[]): readonly Sheet[] {
  const began = ({ spec: { validFrom } }: Sheet) => (validFrom === undefined ? 0 : Date.parse(validFrom))
  return sheets.toSorted((one, other) => began(other) - began(one) || byName(one, other))
}

function byName(one: KubeObject, other: KubeObject): number {
  return compareText(one.metadata.name, other.metadata.name)
}
