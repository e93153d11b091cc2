// CarbonSheet: how much CO2 running causes on clusters.
import type { KubeObject } from '@flotilla/machinery/object'
import { type ValueOf, list, number, object, optional } from './field.ts'
import { defineKind } from './kind.ts'
import { clusterAffinity } from './selector.ts'
import { sheetStatusSchema, type SheetStatus, validityColumns, validityFields } from './validity.ts'

/**
 * Watts: half load of a large provider's average machine with its cooling, (0.74 + 3.5) / 2 · 1.135 per CPU. Source:
 * Cloud Carbon Footprint, methodology, energy coefficients of AWS.
 */
export const defaultWattsPerCPU = 2.4

const carbonEntrySchema = object('Emissions on the clusters that `targetCluster` selects.', {
  targetCluster: clusterAffinity('Clusters that the entry is about.'),
  gramsPerKilowattHour: number('CO2 that a kilowatt hour of their electricity causes, grams.', {
    minimum: 0,
    maximum: 5_000,
  }),
  wattsPerCPU: optional(
    number(
      'Power that one requested CPU takes, cooling included, watts. 2.4 is half load of the average machine of a large provider (Cloud Carbon Footprint, coefficients of AWS: 0.74 W idle, 3.5 W full, 13.5 % for cooling). Default: 2.4.',
      { minimum: 0, maximum: 1_000, default: defaultWattsPerCPU },
    ),
  ),
})

export type CarbonEntry = ValueOf<typeof carbonEntrySchema>

const carbonSheetSpecSchema = object('Emissions, and when they hold.', {
  ...validityFields,
  entries: list(
    'Emissions; of those that select a cluster the first counts. Of several sheets the one that began last comes first. Where none says anything they are unknown.',
    carbonEntrySchema,
    { minItems: 1, maxItems: 1000 },
  ),
})

export interface CarbonSheet extends KubeObject {
  readonly spec: ValueOf<typeof carbonSheetSpecSchema>
  readonly status?: SheetStatus
}

export const carbonSheetKind = defineKind({
  kind: 'CarbonSheet',
  plural: 'carbonsheets',
  namespaced: false,
  shortNames: ['carbon'],
  description: 'How much CO2 a replica causes on clusters: `placement.objective.carbon` goes by it.',
  spec: carbonSheetSpecSchema,
  status: sheetStatusSchema,
  columns: validityColumns,
})

export const carbonSheetResource = carbonSheetKind.resource
