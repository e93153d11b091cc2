// Whether a cluster is one of those that a cluster affinity selects; used by policies' placement and by weights.
import type { ClusterAffinity, FieldSelector } from '@flotilla/api/selector'
import { type Selector, formatSelector, fromLabelSelector, matchesLabels } from '@flotilla/machinery/selector'
import type { ClusterFacts } from './facts.ts'

type FieldRequirement = NonNullable<FieldSelector['matchExpressions']>[number]

/** Says of a cluster why it is not selected. */
export type Mismatch = (cluster: ClusterFacts) => string

/** Undefined for a cluster that is selected. */
export type AffinityMatch = (cluster: ClusterFacts) => Mismatch | undefined

const matches = new WeakMap<ClusterAffinity, AffinityMatch>()

/**
 * Objects are immutable, so an affinity is prepared once however many bindings share its policy.
 * Throws BadRequest when a label selector is malformed (admission refuses those).
 */
export function matchAffinity(affinity: ClusterAffinity): AffinityMatch {
  const known = matches.get(affinity)
  if (known !== undefined) return known
  const match = prepare(affinity)
  matches.set(affinity, match)
  return match
}

function prepare(affinity: ClusterAffinity): AffinityMatch {
  const names = affinity.clusterNames?.length ? new Set(affinity.clusterNames) : undefined
  const excluded = new Set(affinity.exclude)
  const labels = affinity.labelSelector === undefined ? undefined : fromLabelSelector(affinity.labelSelector)
  const fields = affinity.fieldSelector?.matchExpressions ?? []
  return (cluster) => {
    if (excluded.has(cluster.name)) return isExcluded
    if (names !== undefined && !names.has(cluster.name)) return isNotNamed
    if (labels !== undefined && !matchesLabels(labels, cluster.labels)) return () => describeLabels(labels)
    const field = fields.find((requirement) => !holds(requirement, cluster))
    return field === undefined ? undefined : (row) => describeField(field, row)
  }
}

const isExcluded: Mismatch = (cluster) => `the policy excludes ${cluster.name}`
const isNotNamed: Mismatch = (cluster) => `the policy names other clusters, not ${cluster.name}`

function holds({ key, operator, values = [] }: FieldRequirement, cluster: ClusterFacts): boolean {
  const found = fieldValues(key, cluster)
  switch (operator) {
    case 'In':
      return found.some((value) => values.includes(value))
    case 'NotIn':
      return !found.some((value) => values.includes(value))
    case 'Exists':
      return found.length > 0
    case 'DoesNotExist':
      return found.length === 0
  }
}

function fieldValues(key: FieldRequirement['key'], cluster: ClusterFacts): readonly string[] {
  if (key === 'zone') return cluster.zones
  const value = cluster[key]
  return value === '' ? [] : [value]
}

function describeLabels(selector: Selector): string {
  return `its labels do not match ${formatSelector(selector)}`
}

function describeField({ key, operator, values = [] }: FieldRequirement, cluster: ClusterFacts): string {
  const found = fieldValues(key, cluster).join(', ')
  const wanted = values.length > 0 ? `${operator} (${values.join(', ')})` : operator
  return `its ${key} is ${found === '' ? 'not set' : found}, the policy wants ${key} ${wanted}`
}
