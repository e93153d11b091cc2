// ClusterRoles that take in the rules of others, which they select by label.
import type { KubeObject } from '@flotilla/machinery/object'
import { fromLabelSelector, matchesLabels, type LabelSelectorObject } from '@flotilla/machinery/selector'
import type { PolicyRule } from './rbac-rules.ts'

interface AggregationRule {
  readonly clusterRoleSelectors?: readonly LabelSelectorObject[] | null
}

/** Undefined for a role that states its own rules. */
export function aggregationRuleOf(role: KubeObject): AggregationRule | undefined {
  return (role['aggregationRule'] as AggregationRule | null | undefined) ?? undefined
}

/** Those of `roles` that `role` takes in, selector by selector, each time by name. */
export function selectedRoles(role: KubeObject, roles: Iterable<KubeObject>): readonly KubeObject[] {
  const others = [...roles]
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const selectors = (aggregationRuleOf(role)?.clusterRoleSelectors ?? []).map(fromLabelSelector)
  return selectors.flatMap((selector) => others.filter(({ metadata }) => matchesLabels(selector, metadata.labels)))
}

export function rulesIn(role: KubeObject): readonly PolicyRule[] {
  return Array.isArray(role['rules']) ? (role['rules'] as PolicyRule[]) : []
}

/** What stands in the `rules` of an aggregated role: those of the selected roles, each once. */
export function aggregatedRules(role: KubeObject, roles: Iterable<KubeObject>): readonly PolicyRule[] {
  const rules = new Map<string, PolicyRule>()
  for (const rule of selectedRoles(role, roles).flatMap(rulesIn)) rules.set(keyOf(rule), rules.get(keyOf(rule)) ?? rule)
  return [...rules.values()]
}

function keyOf({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  return JSON.stringify([verbs, apiGroups ?? [], resources ?? [], resourceNames ?? [], nonResourceURLs ?? []])
}
