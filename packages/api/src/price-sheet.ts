// PriceSheet: what running and sending costs on clusters.
import type { KubeObject } from '@flotilla/machinery/object'
import { type ValueOf, list, map, number, object, optional, text } from './field.ts'
import { defineKind } from './kind.ts'
import { clusterAffinity } from './selector.ts'
import { sheetStatusSchema, type SheetStatus, validityColumns, validityFields } from './validity.ts'

/** No price per hour or GiB is above it: what is has its decimal point in the wrong place. */
const highestPrice = 1_000_000

function price(description: string) {
  return number(`${description} In the currency of the sheet.`, { minimum: 0, maximum: highestPrice })
}

const priceEntrySchema = object('Prices on the clusters that `targetCluster` selects.', {
  targetCluster: clusterAffinity('Clusters that the entry is about.'),
  nodeSelector: optional(
    map(
      'Only on nodes that have all these labels, of those by which workloads can select. Default: on every node.',
      text('Label value.'),
    ),
  ),
  perCPUHour: price('Price of one CPU for an hour.'),
  perGiBHour: price('Price of one GiB of memory for an hour.'),
  perResourceHour: optional(
    map('Price of one unit of an extended resource for an hour, e.g. `nvidia.com/gpu`.', price('Price of one unit.')),
  ),
  perEgressGiB: optional(price('Price of one GiB that leaves the cluster; see TrafficProfile.')),
})

export type PriceEntry = ValueOf<typeof priceEntrySchema>

const priceSheetSpecSchema = object('Prices, their currency, and when they hold.', {
  currency: optional(
    text('ISO 4217 code. Sheets that are in force together must agree: the oldest decides. Default: USD.', {
      pattern: '^[A-Z]{3}$',
      default: 'USD',
    }),
  ),
  ...validityFields,
  entries: list(
    'Prices; of those that select a cluster and its nodes the first counts. Of several sheets the one that began last comes first. Where none says anything: 0.05 per CPU and hour, 0.02 per GiB and hour.',
    priceEntrySchema,
    { minItems: 1, maxItems: 1000 },
  ),
})

export interface PriceSheet extends KubeObject {
  readonly spec: ValueOf<typeof priceSheetSpecSchema>
  readonly status?: SheetStatus
}

export const priceSheetKind = defineKind({
  kind: 'PriceSheet',
  plural: 'pricesheets',
  namespaced: false,
  shortNames: ['price'],
  description: 'What a replica costs on clusters: `placement.objective.price` goes by it.',
  spec: priceSheetSpecSchema,
  status: sheetStatusSchema,
  columns: [
    { name: 'Currency', type: 'string', jsonPath: '.spec.currency', description: 'ISO 4217 code.' },
    ...validityColumns,
  ],
})

export const priceSheetResource = priceSheetKind.resource
