// Sheets and profiles for tests, with overrides.
import type { CarbonEntry, CarbonSheet } from '@flotilla/api/carbon-sheet'
import type { PriceEntry, PriceSheet } from '@flotilla/api/price-sheet'
import type { TrafficProfile } from '@flotilla/api/traffic-profile'
import { compileCostBook, type CostBook, type CostSources } from './book.ts'

const apiVersion = 'flotilla.dev/v1alpha1'

/** Of the clusters of that name, or of all. */
export function aPrice(cluster: string | undefined, perCPUHour: number, more: Partial<PriceEntry> = {}): PriceEntry {
  return {
    targetCluster: cluster === undefined ? {} : { clusterNames: [cluster] },
    perCPUHour,
    perGiBHour: 0,
    ...more,
  }
}

export function aPriceSheet(
  name: string,
  entries: readonly PriceEntry[],
  more: Partial<PriceSheet['spec']> = {},
  creationTimestamp = '2026-01-01T00:00:00Z',
): PriceSheet {
  return { apiVersion, kind: 'PriceSheet', metadata: { name, creationTimestamp }, spec: { entries, ...more } }
}

export function aCarbonSheet(
  name: string,
  entries: readonly CarbonEntry[],
  more: Partial<CarbonSheet['spec']> = {},
): CarbonSheet {
  return { apiVersion, kind: 'CarbonSheet', metadata: { name }, spec: { entries, ...more } }
}

/** Users in places, each with its round trips by name of cluster. */
export function aProfile(
  name: string,
  places: Readonly<Record<string, { readonly share: number; readonly to: Readonly<Record<string, number>> }>>,
  more: Partial<TrafficProfile['spec']> = {},
): TrafficProfile {
  const locations = Object.entries(places).map(([place, { share, to }]) => ({
    name: place,
    share,
    roundTripMilliseconds: Object.entries(to).map(([cluster, milliseconds]) => ({
      targetCluster: { clusterNames: [cluster] },
      milliseconds,
    })),
  }))
  return { apiVersion, kind: 'TrafficProfile', metadata: { name }, spec: { locations, ...more } }
}

export function aBook(sources: Partial<CostSources>, now = 0): CostBook {
  return compileCostBook({ priceSheets: [], trafficProfiles: [], carbonSheets: [], ...sources }, now)
}

/** Prices per CPU and hour by name of cluster. */
export function aBookOfPrices(prices: Readonly<Record<string, number>>): CostBook {
  const entries = Object.entries(prices).map(([cluster, price]) => aPrice(cluster, price))
  return aBook({ priceSheets: [aPriceSheet('prices', entries)] })
}
