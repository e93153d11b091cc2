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
import { invalid } from './rule.ts'
import { checkLabelSelector } from './selectors.ts'

export function checkWorkloadAffinity(field: string, rules: WorkloadAffinity | undefined): readonly StatusCause[] {
  if (rules === undefined) return []
  const { affinity, antiAffinity } = rules
  if (affinity === undefined && antiAffinity === undefined) {
    return [fieldRequired(`${field}.affinity`, 'it asks for nothing: say affinity or antiAffinity, or leave it out')]
  }
  const causes = [...checkTerm(`${field}.affinity`, affinity), ...checkTerm(`${field}.antiAffinity`, antiAffinity)]
  return causes.length > 0 ? causes : checkTogether(field, affinity, antiAffinity)
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
  affinity: WorkloadAffinityTerm | undefined,
  antiAffinity: WorkloadAffinityTerm | undefined,
): readonly StatusCause[] {
  if (affinity === undefined || antiAffinity === undefined || groupOf(affinity) !== groupOf(antiAffinity)) return []
  if (!isWithin(topologyOfTerm(affinity), topologyOfTerm(antiAffinity))) return []
  const message = `contradicts ${field}.affinity: whoever is beside the group cannot be away from it; leave one of them out, or widen affinity, e.g. one region with antiAffinity by cluster`
  return [fieldInvalid(`${field}.antiAffinity`, antiAffinity, message)]
}

/** Whether clusters that are one place by `near` are so by `far` too. */
function isWithin(near: Topology, far: Topology): boolean {
  const isNested = near.spreadByField === 'zone' && far.spreadByField === 'region'
  return near.spreadByField === 'cluster' || isNested || canonicalJson(near) === canonicalJson(far)
}

function groupOf({ groupByLabelKey, labelSelector }: WorkloadAffinityTerm): string {
  return groupByLabelKey ?? groupNameOf(fromLabelSelector(labelSelector))
}
