// Rules for spread constraints: each by itself, and with the mode that divides.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { checkLabelKey } from '@flotilla/machinery/names'
import { type Mode, modeOf, type ReplicaScheduling, type SpreadConstraint } from '../placement.ts'
import { each, invalid, notActedOn } from './rule.ts'

export function checkSpread(
  field: string,
  constraints: readonly SpreadConstraint[] = [],
  scheduling: ReplicaScheduling,
): readonly StatusCause[] {
  if (constraints.length === 0) return []
  const mode = modeOf(scheduling)
  if (mode === 'Counts') {
    return [
      fieldForbidden(
        field,
        'contradicts replicaDivisionPreference Counts, which says the clusters itself: leave one of them out',
      ),
    ]
  }
  return [
    ...notActedOn(`${field}[1]`, constraints.length > 1),
    ...each(field, constraints, (constraint, path) => [
      ...checkTopology(path, constraint),
      ...checkGroups(path, constraint),
      ...checkMode(path, constraint, mode),
    ]),
  ]
}

function checkTopology(field: string, { spreadByField, spreadByLabel }: SpreadConstraint): readonly StatusCause[] {
  if (spreadByField === undefined && spreadByLabel === undefined) {
    return [fieldRequired(`${field}.spreadByField`, 'either this or spreadByLabel says what to spread over')]
  }
  if (spreadByLabel === undefined) return []
  if (spreadByField !== undefined) {
    return [
      fieldForbidden(
        `${field}.spreadByLabel`,
        `not together with spreadByField, ${spreadByField}: leave one of them out`,
      ),
    ]
  }
  return invalid(`${field}.spreadByLabel`, spreadByLabel, checkLabelKey(spreadByLabel))
}

function checkGroups(field: string, constraint: SpreadConstraint): readonly StatusCause[] {
  const { minGroups = 0, maxGroups, maxSharePercent = 100 } = constraint
  if (maxGroups === undefined) return []
  const share = maxGroups * maxSharePercent
  return [
    ...(minGroups > maxGroups
      ? [fieldInvalid(`${field}.minGroups`, minGroups, `must not be above maxGroups, ${maxGroups}`)]
      : []),
    ...(share < 100
      ? [
          fieldInvalid(
            `${field}.maxSharePercent`,
            maxSharePercent,
            `contradicts maxGroups, ${maxGroups}: together they leave ${100 - share} % of the replicas without a place; raise one of them`,
          ),
        ]
      : []),
  ]
}

function checkMode(field: string, constraint: SpreadConstraint, mode: Mode): readonly StatusCause[] {
  const { maxSkew, maxSharePercent } = constraint
  return [
    ...(maxSkew !== undefined && mode !== 'Weighted'
      ? [
          fieldForbidden(
            `${field}.maxSkew`,
            `only with replicaDivisionPreference Weighted, not ${mode}: set that, or leave it out`,
          ),
        ]
      : []),
    ...(maxSharePercent !== undefined && mode === 'Duplicated'
      ? [
          fieldForbidden(
            `${field}.maxSharePercent`,
            'only with replicaSchedulingType Divided: set that, or leave it out',
          ),
        ]
      : []),
  ]
}
