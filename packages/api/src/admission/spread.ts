// Rules for spread constraints: each by itself, with the mode that divides, and with each other.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { checkLabelKey } from '@flotilla/machinery/names'
import { type Mode, modeOf, type ReplicaScheduling, type SpreadConstraint } from '../placement.ts'
import { each, invalid } from './rule.ts'

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
    ...each(field, constraints, (constraint, path) => [
      ...checkTopology(path, constraint),
      ...checkGroups(path, constraint),
      ...checkMode(path, constraint, mode),
    ]),
    ...checkPairs(field, constraints),
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

/** Each with each of those after it. */
function checkPairs(field: string, constraints: readonly SpreadConstraint[]): readonly StatusCause[] {
  const numbered = constraints.map((constraint, index) => ({ constraint, path: `${field}[${index}]` }))
  return numbered.flatMap((one, index) =>
    numbered
      .slice(index + 1)
      .flatMap((other) => [
        ...checkSame(one, other),
        ...(isWithin(other.constraint, one.constraint) ? checkNested(one, other) : []),
        ...(isWithin(one.constraint, other.constraint) ? checkNested(other, one) : []),
      ]),
  )
}

interface Numbered {
  readonly constraint: SpreadConstraint
  readonly path: string
}

function checkSame(one: Numbered, other: Numbered): readonly StatusCause[] {
  const name = one.constraint.spreadByField === undefined ? 'spreadByLabel' : 'spreadByField'
  const topology = one.constraint[name]
  const isSame = topology !== undefined && topology === other.constraint[name]
  const bothSkewed = one.constraint.maxSkew !== undefined && other.constraint.maxSkew !== undefined
  return [
    ...(isSame
      ? [fieldForbidden(`${other.path}.${name}`, `${one.path} spreads over ${topology} already: make one of the two`)]
      : []),
    ...(bothSkewed && !isSame
      ? [
          fieldForbidden(
            `${other.path}.maxSkew`,
            `not together with ${one.path}.maxSkew: only one constraint may have one; leave one of them out, or use maxSharePercent`,
          ),
        ]
      : []),
  ]
}

/** Whether a domain of `fine` is in one of `coarse` by definition; of others only clusters show. */
function isWithin(fine: SpreadConstraint, coarse: SpreadConstraint): boolean {
  if (fine.spreadByField === 'cluster') return coarse.spreadByField !== 'cluster'
  return fine.spreadByField === 'zone' && coarse.spreadByField === 'region'
}

function checkNested(coarse: Numbered, fine: Numbered): readonly StatusCause[] {
  const { minGroups = 0, maxGroups = Number.POSITIVE_INFINITY, maxSharePercent = 100 } = coarse.constraint
  const { maxGroups: most = Number.POSITIVE_INFINITY, spreadByField: inner } = fine.constraint
  const outer = coarse.constraint.spreadByField ?? coarse.constraint.spreadByLabel
  const contradicts = `contradicts ${fine.path}.maxGroups, ${most}: a ${inner} is in one ${outer} only`
  const share = most * maxSharePercent
  return [
    ...(minGroups > most
      ? [
          fieldInvalid(
            `${coarse.path}.minGroups`,
            minGroups,
            `${contradicts}, so at most ${most} can have replicas; lower this one, or raise the other`,
          ),
        ]
      : []),
    ...(share < 100 && most < maxGroups
      ? [
          fieldInvalid(
            `${coarse.path}.maxSharePercent`,
            maxSharePercent,
            `${contradicts}; together they leave ${100 - share} % of the replicas without a place; raise one of them`,
          ),
        ]
      : []),
  ]
}
