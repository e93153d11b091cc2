// Prices × k, on all clusters or on some.
import type { ClusterAffinity } from '@flotilla/api/selector'
import type { PriceEntry } from '@flotilla/api/price-sheet'
import type { PriceRule } from '../cost/book.ts'
import { defaultPrices } from '../cost/price.ts'
import type { Fleet } from './fleet.ts'

/** `names`: of the clusters; none: all. Prices that nobody has said, which are the default ones, grow too. */
export function scalePrices(fleet: Fleet, factor: number, names: readonly string[] | undefined): Fleet {
  const { book } = fleet
  const unsaid: PriceRule = { sheet: 'default', entry: { targetCluster: {}, ...defaultPrices } }
  const scaled = [...book.prices, unsaid].flatMap(({ sheet, entry }) => {
    const targetCluster = names === undefined ? entry.targetCluster : narrowed(entry.targetCluster, names)
    return targetCluster === undefined ? [] : [{ sheet, entry: { ...scaleEntry(entry, factor), targetCluster } }]
  })
  // The first that selects a cluster counts.
  return { ...fleet, book: { ...book, prices: [...scaled, ...book.prices] } }
}

/** Undefined: nothing is left of it. */
function narrowed(affinity: ClusterAffinity, names: readonly string[]): ClusterAffinity | undefined {
  const { clusterNames } = affinity
  const left = clusterNames === undefined ? names : names.filter((name) => clusterNames.includes(name))
  return left.length === 0 ? undefined : { ...affinity, clusterNames: left }
}

function scaleEntry(entry: PriceEntry, factor: number): PriceEntry {
  const { perCPUHour, perGiBHour, perResourceHour, perEgressGiB, ...rest } = entry
  const scaled = Object.entries(perResourceHour ?? {}).map(([name, price]) => [name, price * factor])
  return {
    ...rest,
    perCPUHour: perCPUHour * factor,
    perGiBHour: perGiBHour * factor,
    ...(perResourceHour === undefined ? {} : { perResourceHour: Object.fromEntries(scaled) as Record<string, number> }),
    ...(perEgressGiB === undefined ? {} : { perEgressGiB: perEgressGiB * factor }),
  }
}
