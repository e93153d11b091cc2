// When a sheet of prices or emissions counts, and whether it does: fields that those kinds share.
import { conditions } from './condition.ts'
import { type ValueOf, object, optional, time } from './field.ts'

export const validityFields = {
  validFrom: optional(time('Does not count before, RFC 3339. Default: always counted.')),
  validUntil: optional(time('Does not count from then on, RFC 3339; after `validFrom`. Default: counts for good.')),
}

export const sheetStatusSchema = object('Whether it counts. Written by controllers.', {
  conditions: optional(conditions('InForce')),
})

export type SheetStatus = ValueOf<typeof sheetStatusSchema>

/** Columns of every sheet. */
export const validityColumns = [
  {
    name: 'In force',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="InForce")].status',
    description: 'Whether it counts now.',
  },
  { name: 'Until', type: 'string', jsonPath: '.spec.validUntil', description: 'From when it does not count.' },
  { name: 'From', type: 'string', jsonPath: '.spec.validFrom', priority: 1, description: 'Since when it counts.' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when it is there.' },
] as const
