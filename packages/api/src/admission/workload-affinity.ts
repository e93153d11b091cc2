// Rules for workload affinity.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { canonicalJson } from '@flotilla/machinery/json'
import { checkLabelKey } from '@flotilla/machinery/names'
import { fromLabelSelector } from '@flotilla/machinery/selector'
import {
  groupNameOf,
  type Topology,
  topologyOfTerm,
  type WorkloadAffinity,
  type WorkloadAffinityTerm,
} from '../workload-affinity.ts'
import { modeOf, type Placement } from '../placement.ts'
import { invalid } from './rule.ts'
import { checkLabelSelector } from './selectors.ts'

const names = ['affinity', 'antiAffinity', 'preferredAffinity', 'preferredAntiAffinity'] as const

export function checkWorkloadAffinity(field: string, placement: Placement): readonly StatusCause[] {
  const { workloadAffinity: rules } = placement
  if (rules === undefined) return []
  if (names.every((name) => rules[name] === undefined)) {
    return [fieldRequired(`${field}.affinity`, `it asks for nothing: say one of ${names.join(', ')}, or leave it out`)]
  }
  const causes = names.flatMap((name) => checkTerm(`${field}.${name}`, rules[name]))
  if (causes.length > 0) return causes
  return [
    ...checkTogether(field, rules, 'affinity', 'antiAffinity'),
    ...checkTogether(field, rules, 'affinity', 'preferredAntiAffinity'),
    ...checkTogether(field, rules, 'preferredAffinity', 'antiAffinity'),
    ...checkTogether(field, rules, 'preferredAffinity', 'preferredAntiAffinity'),
    ...checkPreferred(field, rules, placement),
  ]
}

/** A preference chooses among clusters that have room; weights, counts and copies leave nothing to choose. */
function checkPreferred(
  field: string,
  rules: WorkloadAffinity,
  { replicaScheduling, spreadConstraints = [] }: Placement,
): readonly StatusCause[] {
  const mode = modeOf(replicaScheduling)
  const goesByRoom = mode === 'Aggregated' || replicaScheduling?.weightPreference?.dynamicWeight !== undefined
  return names.slice(2).flatMap((name) => {
    if (rules[name] === undefined) return []
    const refusals = [
      ...(goesByRoom ? [] : [`only with replicaDivisionPreference Aggregated or with dynamicWeight, not ${mode}`]),
      ...(spreadConstraints.length > 0 ? ['not together with spreadConstraints: this version does either'] : []),
    ]
    return refusals.map((refusal) => fieldForbidden(`${field}.${name}`, `${refusal}; leave one of them out`))
  })
}

function checkTerm(field: string, term: WorkloadAffinityTerm | undefined): readonly StatusCause[] {
  if (term === undefined) return []
  const { topologyField, topologyLabel } = term
  return [
    ...checkGroup(field, term),
    ...(topologyLabel === undefined
      ? []
      : invalid(`${field}.topologyLabel`, topologyLabel, checkLabelKey(topologyLabel))),
    ...(topologyLabel !== undefined && topologyField !== undefined
      ? [
          fieldForbidden(
            `${field}.topologyLabel`,
            `not together with topologyField, ${topologyField}: leave one of them out`,
          ),
        ]
      : []),
  ]
}

function checkGroup(field: string, { groupByLabelKey, labelSelector }: WorkloadAffinityTerm): readonly StatusCause[] {
  if (groupByLabelKey === undefined && labelSelector === undefined) {
    return [fieldRequired(`${field}.groupByLabelKey`, 'either this or labelSelector says which workloads are meant')]
  }
  if (groupByLabelKey !== undefined && labelSelector !== undefined) {
    return [fieldForbidden(`${field}.labelSelector`, 'not together with groupByLabelKey: leave one of them out')]
  }
  if (labelSelector === undefined) {
    return invalid(`${field}.groupByLabelKey`, groupByLabelKey, checkLabelKey(groupByLabelKey ?? ''))
  }
  const { matchLabels = {}, matchExpressions = [] } = labelSelector
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) {
    const message =
      'is empty and would mean every workload of the namespace: say which by matchLabels or matchExpressions'
    return [fieldInvalid(`${field}.labelSelector`, labelSelector, message)]
  }
  return checkLabelSelector(`${field}.labelSelector`, labelSelector)
}

function checkTogether(
  field: string,
  rules: WorkloadAffinity,
  nearName: (typeof names)[number],
  awayName: (typeof names)[number],
): readonly StatusCause[] {
  const [near, away] = [rules[nearName], rules[awayName]]
  if (near === undefined || away === undefined || groupOf(near) !== groupOf(away)) return []
  if (!isWithin(topologyOfTerm(near), topologyOfTerm(away))) return []
  const message = `contradicts ${field}.${nearName}: whoever is beside the group cannot be away from it; leave one of them out, or widen ${nearName}, e.g. one region with ${awayName} by cluster`
  return [fieldInvalid(`${field}.${awayName}`, away, message)]
}

/** Whether clusters that are one place by `near` are so by `far` too. */
function isWithin(near: Topology, far: Topology): boolean {
  const isNested = near.spreadByField === 'zone' && far.spreadByField === 'region'
  return near.spreadByField === 'cluster' || isNested || canonicalJson(near) === canonicalJson(far)
}

function groupOf({ groupByLabelKey, labelSelector }: WorkloadAffinityTerm): string {
  return groupByLabelKey ?? groupNameOf(fromLabelSelector(labelSelector))
}
