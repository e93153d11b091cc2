// Rules for schedulingUnit Together: what speaks of replicas means nothing for a group that goes whole.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden } from '@flotilla/machinery/field-error'
import { modeOf, type Placement } from '../placement.ts'
import { each } from './rule.ts'

export function checkTogether(field: string, placement: Placement): readonly StatusCause[] {
  const { replicaScheduling = {}, spreadConstraints, workloadAffinity } = placement
  const { weightPreference, counts } = replicaScheduling
  const divided = `${field}.replicaScheduling`
  const refuse = (path: string, why: string) => [
    fieldForbidden(path, `not together with spec.schedulingUnit Together, ${why}: leave one of them out`),
  ]
  const isDivided = modeOf(replicaScheduling) !== 'Duplicated'
  return [
    ...(counts === undefined ? [] : refuse(`${divided}.counts`, 'whose workloads go whole')),
    ...each(`${divided}.weightPreference.staticWeightList`, weightPreference?.staticWeightList, (entry, path) => [
      ...(entry.minReplicas === undefined ? [] : refuse(`${path}.minReplicas`, 'whose workloads go whole')),
      ...(entry.maxReplicas === undefined ? [] : refuse(`${path}.maxReplicas`, 'whose workloads go whole')),
    ]),
    ...each(`${field}.spreadConstraints`, spreadConstraints, ({ minGroups = 1 }, path) =>
      isDivided && minGroups > 1 ? refuse(`${path}.minGroups`, 'which with Divided goes to one cluster') : [],
    ),
    ...(workloadAffinity === undefined
      ? []
      : refuse(`${field}.workloadAffinity`, 'which keeps its workloads together already')),
  ]
}
