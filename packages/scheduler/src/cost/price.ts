// What one replica costs on a cluster, by the prices of the kinds of nodes that it may run on.
import type { PriceEntry } from '@flotilla/api/price-sheet'
import { matchAffinity } from '../affinity.ts'
import { fitOnNode, isEligible, toPodRequest } from '../fit.ts'
import type { Part, Requirements } from '../requirements.ts'
import type { ClusterRow, ShapeRow } from '../snapshot.ts'
import { type Amounts, amountsOf } from './amounts.ts'
import type { CostBook, PriceRule } from './book.ts'

export interface Price {
  /** Currency per replica and hour; undefined: something that it asks for has no price here but has elsewhere. */
  readonly perHour: number | undefined
  /** Name of the PriceSheet; undefined: default prices. */
  readonly sheet: string | undefined
}

/** Where no sheet says anything: what a general-purpose machine of a large provider costs on average. */
export const defaultPrices = { perCPUHour: 0.05, perGiBHour: 0.02 }

/** Of a gang each part has the price of its own kind of node, and the first the sheet. */
export function priceOn(
  cluster: ClusterRow,
  requirements: Requirements | undefined,
  egressGiB: number,
  book: CostBook,
): Price {
  const [first, ...rest] = requirements?.parts ?? []
  if (first === undefined) return priceOfPod(cluster, requirements, egressGiB, book)
  const priceOf = ({ pods, requirements: each }: Part, egress: number) => {
    const { perHour: price, sheet } = priceOfPod(cluster, each, egress / pods, book)
    return { perHour: price === undefined ? undefined : price * pods, sheet }
  }
  return rest.map((part) => priceOf(part, 0)).reduce(sumOf, priceOf(first, egressGiB))
}

function sumOf(one: Price, other: Price): Price {
  const isKnown = one.perHour !== undefined && other.perHour !== undefined
  return { perHour: isKnown ? one.perHour + other.perHour : undefined, sheet: one.sheet ?? other.sheet }
}

/** Of the kinds of nodes on which a replica fits, or could if there were room, the cheapest counts. */
function priceOfPod(cluster: ClusterRow, requirements: Part['requirements'], egressGiB: number, book: CostBook): Price {
  const amounts = amountsOf(requirements)
  const priceOf = (rule: PriceRule | undefined) => ({
    perHour: perHour(amounts, egressGiB, rule?.entry ?? defaultPrices, book),
    sheet: rule?.sheet,
  })
  const rules = rulesFor(cluster, book)
  if (rules.every(({ entry }) => entry.nodeSelector === undefined)) return priceOf(rules[0])
  const shapes = usableShapes(cluster, requirements)
  if (shapes.length === 0) return priceOf(rules.find(({ entry }) => entry.nodeSelector === undefined))
  return shapes.map((shape) => priceOf(rules.find(({ entry }) => isPriceOf(entry, shape)))).reduce(cheaper)
}

const rulesOf = new WeakMap<ClusterRow, { readonly book: CostBook; readonly rules: readonly PriceRule[] }>()

/** Rows and books are immutable, so they are matched once. Those after the first that is about all nodes never count. */
function rulesFor(cluster: ClusterRow, book: CostBook): readonly PriceRule[] {
  const known = rulesOf.get(cluster)
  if (known?.book === book) return known.rules
  const selected = book.prices.filter(({ entry }) => matchAffinity(entry.targetCluster)(cluster) === undefined)
  const last = selected.findIndex(({ entry }) => entry.nodeSelector === undefined)
  const rules = last < 0 ? selected : selected.slice(0, last + 1)
  rulesOf.set(cluster, { book, rules })
  return rules
}

/** Those with room for a replica now; where none has, those that could have it. */
function usableShapes({ shapes = [] }: ClusterRow, requirements: Part['requirements']): readonly ShapeRow[] {
  const request = toPodRequest(requirements)
  const eligible = shapes.filter((shape) => shape.count > 0 && isEligible(shape, requirements?.nodeClaim))
  const roomy = eligible.filter((shape) => fitOnNode(shape, request) > 0)
  return roomy.length > 0 ? roomy : eligible
}

function isPriceOf({ nodeSelector = {} }: PriceEntry, { labels }: ShapeRow): boolean {
  return Object.entries(nodeSelector).every(([key, value]) => labels[key] === value)
}

/** A price that is not known is dearer than any. */
function cheaper(one: Price, other: Price): Price {
  if (other.perHour === undefined) return one
  return one.perHour === undefined || other.perHour < one.perHour ? other : one
}

function perHour(
  { cpus, memoryGiB, extended }: Amounts,
  egressGiB: number,
  prices: Pick<PriceEntry, 'perCPUHour' | 'perGiBHour' | 'perResourceHour' | 'perEgressGiB'>,
  { pricedResources, hasEgressPrice }: CostBook,
): number | undefined {
  const { perCPUHour, perGiBHour, perResourceHour = {}, perEgressGiB } = prices
  let total = cpus * perCPUHour + memoryGiB * perGiBHour
  for (const [name, units] of extended) {
    const price = perResourceHour[name]
    if (price === undefined && pricedResources.has(name)) return undefined
    total += units * (price ?? 0)
  }
  if (egressGiB > 0 && perEgressGiB === undefined && hasEgressPrice) return undefined
  return total + egressGiB * (perEgressGiB ?? 0)
}
