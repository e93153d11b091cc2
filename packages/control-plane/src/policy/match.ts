// Which policy a template belongs to. Pure. The order of precedence is the one in docs/policies.md: scope, priority,
// how specific the selector is, name.
import { isNeverTemplate } from '@flotilla/api/never-template'
import type { ClusterPropagationPolicy, PropagationPolicy } from '@flotilla/api/propagation-policy'
import type { BindingPriority, PolicyRef } from '@flotilla/api/resource-binding'
import type { ResourceSelector } from '@flotilla/api/selector'
import { fromLabelSelector, matchesLabels } from '@flotilla/machinery/selector'
import type { KubeObject } from '@flotilla/machinery/object'
import { kindIdOf } from '../object-id.ts'

export type Policy = PropagationPolicy | ClusterPropagationPolicy

/** Labels of a namespace of the hub; undefined when there is no such namespace. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined

/** How specific a selector is; the larger wins. */
const byName = 3
const byLabels = 2
const byKind = 1

interface Match {
  readonly policy: Policy
  readonly specificity: number
}

export interface Verdict {
  readonly winner?: Policy
  /** Policies that select the template too, best first. */
  readonly losers: readonly Policy[]
  /** By the winner's word. None: it says nothing. */
  readonly schedulePriority?: BindingPriority
}

/** The policy that wins `template` among `policies`, and those that lost it. */
export function matchPolicy(template: KubeObject, policies: Iterable<Policy>, labelsOf: NamespaceLabels): Verdict {
  if (isNeverTemplate(template)) return { losers: [] }
  const matches = [...policies].flatMap((policy) => {
    const specificity = specificityFor(template, policy, labelsOf)
    return specificity > 0 ? [{ policy, specificity }] : []
  })
  const [winner, ...losers] = matches.sort(compareMatches).map((match) => match.policy)
  return winner ? { winner, losers } : { losers }
}

/** 0 when `policy` does not select `template`, else how specifically it does. */
export function specificityFor(template: KubeObject, policy: Policy, labelsOf: NamespaceLabels): number {
  const { namespace } = policy.metadata
  if (namespace !== undefined && namespace !== template.metadata.namespace) return 0
  if (policy.metadata.deletionTimestamp !== undefined) return 0
  return Math.max(0, ...policy.spec.resourceSelectors.map((selector) => selectorFit(template, selector, labelsOf)))
}

function selectorFit(template: KubeObject, selector: ResourceSelector, labelsOf: NamespaceLabels): number {
  // Any version of the kind: which one the hub is read in is not the user's concern.
  if (kindIdOf(selector) !== kindIdOf(template)) return 0
  if (!isInNamespace(template, selector, labelsOf)) return 0
  if (selector.name !== undefined) return selector.name === template.metadata.name ? byName : 0
  if (selector.labelSelector === undefined) return byKind
  return matchesLabels(fromLabelSelector(selector.labelSelector), template.metadata.labels ?? {}) ? byLabels : 0
}

function isInNamespace(template: KubeObject, selector: ResourceSelector, labelsOf: NamespaceLabels): boolean {
  const { namespace } = template.metadata
  if (selector.namespace !== undefined) return selector.namespace === namespace
  if (selector.namespaceSelector === undefined) return true
  const labels = namespace === undefined ? undefined : labelsOf(namespace)
  return labels !== undefined && matchesLabels(fromLabelSelector(selector.namespaceSelector), labels)
}

function compareMatches(a: Match, b: Match): number {
  return (
    scopeRank(a.policy) - scopeRank(b.policy) ||
    (b.policy.spec.priority ?? 0) - (a.policy.spec.priority ?? 0) ||
    b.specificity - a.specificity ||
    (a.policy.metadata.name < b.policy.metadata.name ? -1 : 1)
  )
}

function scopeRank(policy: Policy): number {
  return policy.metadata.namespace === undefined ? 1 : 0
}

/** The reference by which a binding names its policy. */
export function policyRef(policy: Policy): PolicyRef {
  const { name, namespace, uid = '' } = policy.metadata
  if (namespace === undefined) return { kind: 'ClusterPropagationPolicy', name, uid }
  return { kind: 'PropagationPolicy', namespace, name, uid }
}
