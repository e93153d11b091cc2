// Rules for PropagationPolicy and ClusterPropagationPolicy.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { checkDns1123Subdomain } from '@flotilla/machinery/names'
import { modeOf, type Placement, type ReplicaScheduling } from '../placement.ts'
import type { PropagationPolicy, SchedulePriority } from '../propagation-policy.ts'
import type { ClusterAffinity } from '../selector.ts'
import { unreachableTaint } from '../failover.ts'
import { checkFieldPath } from './field-path.ts'
import { checkCompliance } from './compliance.ts'
import { checkObjective } from './objective.ts'
import { checkReschedule } from './reschedule.ts'
import { type Rule, duplicates, each, invalid, notActedOn } from './rule.ts'
import { checkAffinity, checkResourceSelectors, checkToleration } from './selectors.ts'
import { checkSpread } from './spread.ts'
import { checkTiers } from './tiers.ts'
import { checkTogether } from './together.ts'
import { checkWorkloadAffinity } from './workload-affinity.ts'

export const checkPropagation: Rule<PropagationPolicy> = ({ metadata, spec }) => [
  ...checkResourceSelectors('spec.resourceSelectors', spec.resourceSelectors, metadata.namespace),
  ...checkPlacement('spec.placement', spec.placement ?? {}),
  ...checkSchedulePriority('spec.schedulePriority', spec.schedulePriority),
  ...checkPreemption('spec.schedulePriority.preemptionPolicy', spec),
  ...checkReschedule('spec.reschedule', spec.reschedule, spec.placement ?? {}),
  ...checkSuspension(spec.suspension),
  ...each('spec.drift.ignoreFields', spec.drift?.ignoreFields, checkFieldPath),
  ...(spec.schedulingUnit === 'Together' ? checkTogether('spec.placement', spec.placement ?? {}) : []),
  ...notActedOn('spec.recreatePolicy', spec.recreatePolicy === 'OnImmutableChange'),
  ...checkFailover('spec.failover', spec.failover?.cluster),
]

function checkPlacement(field: string, placement: Placement): readonly StatusCause[] {
  const { clusterAffinities, spreadConstraints, compliance } = placement
  return [
    ...checkAffinity(`${field}.clusterAffinity`, placement.clusterAffinity, { mayObserve: true }),
    ...each(`${field}.clusterTolerations`, placement.clusterTolerations, checkToleration),
    ...checkReplicaScheduling(`${field}.replicaScheduling`, placement.replicaScheduling ?? {}, placement),
    ...checkSpread(`${field}.spreadConstraints`, spreadConstraints, placement.replicaScheduling ?? {}),
    ...checkTiers(`${field}.clusterAffinities`, clusterAffinities, placement),
    ...checkObjective(`${field}.objective`, placement),
    ...checkCompliance(`${field}.compliance`, compliance),
    ...checkWorkloadAffinity(`${field}.workloadAffinity`, placement),
  ]
}

function checkReplicaScheduling(
  field: string,
  scheduling: ReplicaScheduling,
  placement: Placement,
): readonly StatusCause[] {
  const { replicaSchedulingType = 'Duplicated', replicaDivisionPreference, weightPreference, counts } = scheduling
  const isDivided = replicaSchedulingType === 'Divided'
  const preference = replicaDivisionPreference ?? 'Weighted'
  const onlyDivided = (name: string, isSet: boolean) =>
    isSet && !isDivided
      ? [fieldForbidden(`${field}.${name}`, 'only with replicaSchedulingType Divided: set that, or leave it out')]
      : []
  const only = (mode: string, name: string, isSet: boolean) =>
    isSet && isDivided && preference !== mode
      ? [
          fieldForbidden(
            `${field}.${name}`,
            `only with replicaDivisionPreference ${mode}, not ${preference}: set that, or leave it out`,
          ),
        ]
      : []
  const isCounts = isDivided && preference === 'Counts'
  return [
    ...onlyDivided('replicaDivisionPreference', replicaDivisionPreference !== undefined),
    ...onlyDivided('weightPreference', weightPreference !== undefined),
    ...onlyDivided('counts', counts !== undefined),
    ...only('Weighted', 'weightPreference', weightPreference !== undefined),
    ...only('Counts', 'counts', counts !== undefined),
    ...(isCounts && (counts ?? []).length === 0 ? [fieldRequired(`${field}.counts`, 'Counts needs at least one')] : []),
    ...checkWeights(`${field}.weightPreference`, weightPreference, placement),
    ...checkTargets(`${field}.counts`, counts, placement),
  ]
}

function checkWeights(
  field: string,
  preference: ReplicaScheduling['weightPreference'],
  placement: Placement,
): readonly StatusCause[] {
  const { staticWeightList: list, dynamicWeight } = preference ?? {}
  const path = `${field}.staticWeightList`
  const hasNoWeight = list?.every(({ weight, minReplicas = 0 }) => weight === 0 && minReplicas === 0) === true
  return [
    ...(list !== undefined && dynamicWeight !== undefined
      ? [
          fieldForbidden(
            `${field}.dynamicWeight`,
            'not together with staticWeightList: either weighs all clusters; leave one of them out',
          ),
        ]
      : []),
    ...(hasNoWeight ? [fieldInvalid(path, list, 'gives no cluster a weight, so nothing could be placed')] : []),
    ...checkTargets(path, list, placement),
    ...each(path, list, ({ minReplicas = 0, maxReplicas }, entry) =>
      maxReplicas === undefined || minReplicas <= maxReplicas
        ? []
        : [fieldInvalid(`${entry}.minReplicas`, minReplicas, `must not be above maxReplicas, ${maxReplicas}`)],
    ),
  ]
}

function checkTargets(
  field: string,
  entries: readonly { readonly targetCluster: ClusterAffinity }[] | undefined,
  { clusterAffinity }: Placement,
): readonly StatusCause[] {
  const targets = (entries ?? []).map(({ targetCluster }) => targetCluster)
  return [
    ...duplicates(field, targets, '.targetCluster'),
    ...each(field, targets, (target, entry) => [
      ...checkAffinity(`${entry}.targetCluster`, target),
      ...each(`${entry}.targetCluster.clusterNames`, target.clusterNames, (name, path) =>
        isRuledOut(name, clusterAffinity)
          ? [
              fieldInvalid(
                path,
                name,
                'contradicts spec.placement.clusterAffinity, which rules it out by name: allow it there, or leave it out here',
              ),
            ]
          : [],
      ),
    ]),
  ]
}

function isRuledOut(name: string, affinity: ClusterAffinity | undefined): boolean {
  const { clusterNames = [], exclude = [] } = affinity ?? {}
  return exclude.includes(name) || (clusterNames.length > 0 && !clusterNames.includes(name))
}

function checkSchedulePriority(
  field: string,
  { priorityClassSource, priorityClassName }: SchedulePriority = {},
): readonly StatusCause[] {
  if (priorityClassName === undefined) return []
  const path = `${field}.priorityClassName`
  if (priorityClassSource === 'PodPriorityClass') {
    const way = 'set priorityClassSource KubePriorityClass, or leave it out'
    return [
      fieldForbidden(path, `not together with priorityClassSource PodPriorityClass, whose pods name the class: ${way}`),
    ]
  }
  return invalid(path, priorityClassName, checkDns1123Subdomain(priorityClassName))
}

/** What does not go by free room lacks none that others could give up. */
function checkPreemption(
  field: string,
  { schedulePriority, placement = {} }: PropagationPolicy['spec'],
): readonly StatusCause[] {
  if (schedulePriority?.preemptionPolicy !== 'PreemptLowerPriority' || goesByRoom(placement)) return []
  const way = 'set dynamicWeight, replicaDivisionPreference Aggregated or an objective, or leave it out'
  return [fieldForbidden(field, `only where free room bounds the placement: ${way}`)]
}

function goesByRoom({ replicaScheduling, objective }: Placement): boolean {
  const mode = modeOf(replicaScheduling)
  if (mode !== 'Weighted') return mode === 'Aggregated'
  return objective !== undefined || replicaScheduling?.weightPreference?.dynamicWeight !== undefined
}

function checkSuspension(suspension: PropagationPolicy['spec']['suspension']): readonly StatusCause[] {
  if (suspension?.dispatching !== true || suspension.dispatchingOnClusters === undefined) return []
  const field = 'spec.suspension.dispatchingOnClusters'
  return [fieldForbidden(field, 'dispatching: true suspends every cluster already: leave one of them out')]
}

function checkFailover(
  field: string,
  { purgeMode, gracePeriodSeconds }: NonNullable<PropagationPolicy['spec']['failover']>['cluster'] = {},
): readonly StatusCause[] {
  const path = `${field}.cluster`
  if (purgeMode === 'Never') {
    const way = `to have nothing moved, tolerate ${unreachableTaint.key} in spec.placement.clusterTolerations`
    return [fieldForbidden(`${path}.purgeMode`, `this version does not act on Never; leave it out, or, ${way}`)]
  }
  if (purgeMode !== 'Directly' || gracePeriodSeconds === undefined) return []
  return [fieldForbidden(`${path}.gracePeriodSeconds`, 'Directly waits for nothing: leave one of them out')]
}

/** `a.b.c`, and keys with dots in brackets: `metadata.labels[x.y/z]`. */
