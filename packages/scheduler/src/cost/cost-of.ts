// What one replica of a workload costs on a cluster, in fixed units, whatever the other clusters are.
import { defaultWattsPerCPU } from '@flotilla/api/carbon-sheet'
import type { TrafficProfile } from '@flotilla/api/traffic-profile'
import { matchAffinity } from '../affinity.ts'
import { requestKey } from '../fit.ts'
import type { Requirements } from '../requirements.ts'
import type { ClusterRow } from '../snapshot.ts'
import { amountsOf } from './amounts.ts'
import type { CostBook } from './book.ts'
import { priceOn } from './price.ts'
import { latencyTo, profileOf, type WorkloadName } from './traffic.ts'

/** What costs depend on. */
export interface CostRequest extends WorkloadName {
  readonly requirements?: Requirements
}

/** A term that is not known is absent. */
export interface Costs {
  /** Currency of the book per replica and hour. */
  readonly price?: number
  /** Name of the PriceSheet that the price is from; none: default prices. */
  readonly priceSheet?: string
  /** Mean round trip of users, milliseconds. */
  readonly latency?: number
  /** Kilograms of CO2 per replica and hour. */
  readonly carbon?: number
}

/** The same for requests that cost the same everywhere. */
export function costKeyOf(request: CostRequest, book: CostBook): string {
  return keyOf(request, profileOf(request, book.traffic))
}

function keyOf({ requirements }: CostRequest, profile: TrafficProfile | undefined): string {
  return `${profile?.metadata.name ?? ''} ${requestKey(requirements)}`
}

/** Costs of a replica by cluster. Costs of a cluster are computed once per row, book and kind of request. */
export function prepareCostOf(request: CostRequest, book: CostBook): (cluster: ClusterRow) => Costs {
  const profile = profileOf(request, book.traffic)
  const egressGiB = profile?.spec.egressGiBPerReplicaHour ?? 0
  const key = keyOf(request, profile)
  return (cluster) => {
    const known = costsKnownOf(cluster, book)
    let costs = known.get(key)
    if (costs === undefined) {
      const { perHour: price, sheet: priceSheet } = priceOn(cluster, request.requirements, egressGiB, book)
      const latency = profile && latencyTo(cluster, profile)
      costs = withoutUndefined({ price, priceSheet, latency, carbon: carbonOn(cluster, request, book) })
      if (known.size >= mostRequests) known.clear()
      known.set(key, costs)
    }
    return costs
  }
}

export function costOf(cluster: ClusterRow, request: CostRequest, book: CostBook): Costs {
  return prepareCostOf(request, book)(cluster)
}

/** Of each cluster: of thousands of clusters, more would take hundreds of megabytes. */
const mostRequests = 64
const costsOf = new WeakMap<ClusterRow, { readonly book: CostBook; readonly byRequest: Map<string, Costs> }>()

function costsKnownOf(cluster: ClusterRow, book: CostBook): Map<string, Costs> {
  const known = costsOf.get(cluster)
  if (known?.book === book) return known.byRequest
  const byRequest = new Map<string, Costs>()
  costsOf.set(cluster, { book, byRequest })
  return byRequest
}

const gramsPerKilogram = 1000
const wattsPerKilowatt = 1000

function carbonOn(cluster: ClusterRow, { requirements }: CostRequest, { carbon }: CostBook): number | undefined {
  const entry = carbon.find(({ targetCluster }) => matchAffinity(targetCluster)(cluster) === undefined)
  if (entry === undefined) return undefined
  const kilowatts = (amountsOf(requirements).cpus * (entry.wattsPerCPU ?? defaultWattsPerCPU)) / wattsPerKilowatt
  return (kilowatts * entry.gramsPerKilowattHour) / gramsPerKilogram
}

function withoutUndefined(costs: { readonly [Name in keyof Costs]: Costs[Name] | undefined }): Costs {
  return Object.fromEntries(Object.entries(costs).filter(([, value]) => value !== undefined))
}
