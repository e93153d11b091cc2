// Whether a cluster is one of those that a cluster affinity selects; used by policies' placement and by weights.
import { compileClusterExpression, reportedFieldIn } from '@flotilla/api/cluster-expression'
import type { ClusterAffinity, FieldSelector } from '@flotilla/api/selector'
import { isError } from '@flotilla/machinery/errors'
import { type Selector, formatSelector, fromLabelSelector, matchesLabels } from '@flotilla/machinery/selector'
import type { ClusterFacts } from './facts.ts'

type FieldRequirement = NonNullable<FieldSelector['matchExpressions']>[number]

/** Says of a cluster why it is not selected. */
export interface Mismatch {
  (cluster: ClusterFacts): string
  /** It depends on what the member reports, which takes nothing away. */
  readonly isReported?: boolean
}

/** Undefined for a cluster that is selected. */
export type AffinityMatch = (cluster: ClusterFacts) => Mismatch | undefined

const matches = new WeakMap<ClusterAffinity, AffinityMatch>()

/**
 * Objects are immutable, so an affinity is prepared once however many bindings share its policy.
 * Throws BadRequest when a label selector is malformed and Invalid when an expression does not compile (admission
 * refuses those), and CelLoading while the engine of expressions is being loaded.
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
  const expressed = affinity.expression === undefined ? undefined : prepareExpression(affinity.expression)
  return (cluster) => {
    if (excluded.has(cluster.name)) return isExcluded
    if (names !== undefined && !names.has(cluster.name)) return isNotNamed
    if (labels !== undefined && !matchesLabels(labels, cluster.labels)) return () => describeLabels(labels)
    const field = fields.find((requirement) => !holds(requirement, cluster))
    return field === undefined ? expressed?.(cluster) : (row) => describeField(field, row)
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

/** A cluster for which it is not true, or fails, is not selected. */
function prepareExpression(source: string): AffinityMatch {
  const program = compileClusterExpression(source)
  const isReported = reportedFieldIn(source) !== undefined
  const because = (reason: string): Mismatch => Object.assign(() => reason, { isReported })
  return (cluster) => {
    try {
      const value = program.evaluate({ cluster: viewOf(cluster) })
      return value === true
        ? undefined
        : because(`the policy wants ${source}, which is ${JSON.stringify(value)} for it`)
    } catch (error) {
      if (!isError(error, 'Invalid')) throw error
      return because(error.message)
    }
  }
}

/** What expressions see of a cluster. */
function viewOf({ name, id, labels, provider, region, zones, kubernetesVersion, nodes, properties }: ClusterFacts) {
  const values = [...properties].map(([property, row]) => [property, [...row.values]])
  const known = { ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }), ...(nodes ? { nodes } : {}) }
  return { name, id, labels, provider, region, zones, properties: Object.fromEntries(values), ...known }
}

function describeLabels(selector: Selector): string {
  return `its labels do not match ${formatSelector(selector)}`
}

function describeField({ key, operator, values = [] }: FieldRequirement, cluster: ClusterFacts): string {
  const found = fieldValues(key, cluster).join(', ')
  const wanted = values.length > 0 ? `${operator} (${values.join(', ')})` : operator
  return `its ${key} is ${found === '' ? 'not set' : found}, the policy wants ${key} ${wanted}`
}
