// Rules for OverridePolicy and ClusterOverridePolicy.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldRequired } from '@flotilla/machinery/field-error'
import { parseApiVersion } from '@flotilla/machinery/resource'
import type { OverridePolicy, OverrideRule, Overriders } from '../override-policy.ts'
import type { ResourceSelector } from '../selector.ts'
import {
  checkEnv,
  checkImage,
  checkMap,
  checkPlaintext,
  checkPorts,
  checkResources,
  checkVariables,
} from './overriders.ts'
import { type Rule, each, notActedOn } from './rule.ts'
import { checkAffinity, checkResourceSelectors } from './selectors.ts'

/** Kinds that decide what others may do: no namespace's owner overrides them. */
const guardedGroups = new Set(['rbac.authorization.k8s.io', 'admissionregistration.k8s.io'])

export const checkOverride: Rule<OverridePolicy> = ({ metadata, spec }) => [
  ...checkResourceSelectors('spec.resourceSelectors', spec.resourceSelectors, metadata.namespace),
  ...(metadata.namespace === undefined ? [] : each('spec.resourceSelectors', spec.resourceSelectors, checkNotGuarded)),
  ...each('spec.overrideRules', spec.overrideRules, checkRule),
]

function checkNotGuarded({ apiVersion, kind }: ResourceSelector, field: string): readonly StatusCause[] {
  if (!guardedGroups.has(parseApiVersion(apiVersion).group)) return []
  return [fieldForbidden(`${field}.kind`, `only a ClusterOverridePolicy overrides ${kind}`)]
}

function checkRule({ targetCluster, overriders }: OverrideRule, field: string): readonly StatusCause[] {
  const path = `${field}.overriders`
  const isEmpty = Object.values(overriders).every((list) => list === undefined || list.length === 0)
  return [
    ...checkAffinity(`${field}.targetCluster`, targetCluster),
    ...(isEmpty ? [fieldRequired(path, 'at least one overrider, such as imageOverrider')] : []),
    ...checkOverriders(path, overriders),
    ...checkVariables(path, overriders),
  ]
}

function checkOverriders(field: string, overriders: Overriders): readonly StatusCause[] {
  return [
    ...each(`${field}.imageOverrider`, overriders.imageOverrider, checkImage),
    ...each(`${field}.envOverrider`, overriders.envOverrider, checkEnv),
    ...each(`${field}.portOverrider`, overriders.portOverrider, checkPorts),
    ...each(`${field}.resourcesOverrider`, overriders.resourcesOverrider, checkResources),
    ...each(`${field}.labelsOverrider`, overriders.labelsOverrider, (one, path) => checkMap(one, path, true)),
    ...each(`${field}.annotationsOverrider`, overriders.annotationsOverrider, (one, path) =>
      checkMap(one, path, false),
    ),
    ...notActedOn(`${field}.fieldOverrider`, (overriders.fieldOverrider ?? []).length > 0),
    ...each(`${field}.plaintext`, overriders.plaintext, checkPlaintext),
  ]
}
