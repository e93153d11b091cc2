// Rules for objectives: what is weighed, and by which modes.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid } from '@flotilla/machinery/field-error'
import { checkDns1123Subdomain } from '@flotilla/machinery/names'
import { modeOf, type Placement } from '../placement.ts'
import { invalid } from './rule.ts'

export function checkObjective(field: string, placement: Placement): readonly StatusCause[] {
  const { objective } = placement
  if (objective === undefined) return []
  return [
    ...checkWeights(field, objective),
    ...checkExternal(`${field}.external`, objective),
    ...checkLocality(`${field}.locality`, placement),
    ...contradictions(placement).map((message) => fieldForbidden(field, message)),
  ]
}

function checkWeights(field: string, objective: NonNullable<Placement['objective']>): readonly StatusCause[] {
  const { locality = 0, external, ...weights } = objective
  const wrong = Object.entries({ ...weights, locality }).filter(([, weight]) => !Number.isFinite(weight))
  if (wrong.length > 0) {
    return wrong.map(([name, weight]) => fieldInvalid(`${field}.${name}`, String(weight), 'must be a number'))
  }
  if (external !== undefined || Object.values(weights).some((weight) => weight > 0)) return []
  return [
    fieldInvalid(
      field,
      objective,
      'weighs nothing: give price, latency, carbon or load a weight above 0, or name an external scorer',
    ),
  ]
}

function checkExternal(field: string, { external }: NonNullable<Placement['objective']>): readonly StatusCause[] {
  if (external === undefined) return []
  const { scorer, weight = 1 } = external
  return [
    ...invalid(`${field}.scorer`, scorer, checkDns1123Subdomain(scorer)),
    ...(Number.isFinite(weight) ? [] : [fieldInvalid(`${field}.weight`, String(weight), 'must be a number')]),
  ]
}

/** Rebalancing goes by it, so it says nothing where that moves nothing. */
function checkLocality(field: string, placement: Placement): readonly StatusCause[] {
  const { objective, clusterAffinities = [], replicaScheduling, workloadAffinity } = placement
  if (objective?.locality === undefined) return []
  const against = [
    ...(modeOf(replicaScheduling) === 'Duplicated' ? ['replicaSchedulingType Duplicated'] : []),
    ...((objective.load ?? 0) > 0 ? ['objective.load'] : []),
    ...(clusterAffinities.length > 1 ? ['clusterAffinities'] : []),
    ...(workloadAffinity === undefined ? [] : ['workloadAffinity']),
  ]
  return against.map((other) =>
    fieldForbidden(field, `not together with ${other}, with which rebalancing moves nothing: leave one of them out`),
  )
}

/** Where there is nothing to choose by costs, or something else chooses. */
function contradictions({ replicaScheduling, spreadConstraints = [] }: Placement): readonly string[] {
  const mode = modeOf(replicaScheduling)
  const isChosen = spreadConstraints.some(({ maxGroups }) => maxGroups !== undefined)
  if (mode === 'Duplicated' && !isChosen) {
    return [
      'with replicaSchedulingType Duplicated only where spreadConstraints have maxGroups: else every cluster that may be used is; set that, or Divided, or leave it out',
    ]
  }
  if (mode === 'Counts') {
    return ['contradicts replicaDivisionPreference Counts, which says the clusters itself: leave one of them out']
  }
  const list = 'replicaScheduling.weightPreference.staticWeightList'
  const isListed = replicaScheduling?.weightPreference?.staticWeightList !== undefined
  return isListed ? [`not together with ${list}: either says which clusters come first; leave one of them out`] : []
}
