// Which override rules concern a template on a cluster, and what they make of it. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import type { ClusterOverridePolicy, Overriders, OverridePolicy } from '@flotilla/api/override-policy'
import type { ResourceSelector } from '@flotilla/api/selector'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { diffValues } from '@flotilla/machinery/diff'
import type { KubeObject } from '@flotilla/machinery/object'
import { fromLabelSelector, matchesLabels } from '@flotilla/machinery/selector'
import { matchAffinity } from '@flotilla/scheduler/affinity'
import { compareText, toClusterRow } from '@flotilla/scheduler/snapshot'
import { overrideImage } from './overriders/image.ts'
import { overrideEnv } from './overriders/env.ts'
import { overrideMap } from './overriders/map.ts'
import { overridePlaintext } from './overriders/plaintext.ts'
import { overridePort } from './overriders/port.ts'
import { overrideResources } from './overriders/resources.ts'
import { overrideWords } from './overriders/words.ts'
import { variablesOf, type Variables } from './overriders/variables.ts'

export type AnyOverridePolicy = OverridePolicy | ClusterOverridePolicy

/** Labels of a namespace of the hub; undefined when there is no such namespace. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined

export interface MatchedRule {
  /** `OverridePolicy NAME` or `ClusterOverridePolicy NAME`. */
  readonly policy: string
  /** Place in `overrideRules`. */
  readonly rule: number
  readonly overriders: Overriders
}

export interface OverrideChange {
  readonly policy: string
  readonly rule: number
  readonly overrider: keyof Overriders
  /** Paths of the fields that it changed. */
  readonly fields: readonly string[]
}

/** The rules for `template` on `cluster`: ClusterOverridePolicies first, then OverridePolicies, each by name. */
export function matchRules(
  template: KubeObject,
  cluster: Cluster,
  policies: Iterable<AnyOverridePolicy>,
  labelsOf: NamespaceLabels,
): readonly MatchedRule[] {
  const selecting = [...policies].filter((policy) => selectsTemplate(policy, template, labelsOf))
  if (selecting.length === 0) return []
  const row = toClusterRow(cluster)
  return selecting.sort(comparePolicies).flatMap((policy) =>
    policy.spec.overrideRules.flatMap(({ targetCluster, overriders }, rule) => {
      const isMeant = targetCluster === undefined || matchAffinity(targetCluster)(row) === undefined
      return isMeant ? [{ policy: `${policy.kind} ${policy.metadata.name}`, rule, overriders }] : []
    }),
  )
}

function comparePolicies(a: AnyOverridePolicy, b: AnyOverridePolicy): number {
  const rank = (policy: AnyOverridePolicy) => (policy.metadata.namespace === undefined ? 0 : 1)
  return rank(a) - rank(b) || compareText(a.metadata.name, b.metadata.name)
}

const rbacGroup = 'rbac.authorization.k8s.io/'
const webhookGroup = 'admissionregistration.k8s.io/'

/** An OverridePolicy has no say over other namespaces, nor over RBAC, webhooks and cluster-scoped kinds. */
function selectsTemplate(policy: AnyOverridePolicy, template: KubeObject, labelsOf: NamespaceLabels): boolean {
  const { namespace } = policy.metadata
  if (namespace !== undefined) {
    const isReserved = template.apiVersion.startsWith(rbacGroup) || template.apiVersion.startsWith(webhookGroup)
    if (isReserved || template.metadata.namespace !== namespace) return false
  }
  return policy.spec.resourceSelectors.some((selector) => isSelected(template, selector, labelsOf))
}

function isSelected(template: KubeObject, selector: ResourceSelector, labelsOf: NamespaceLabels): boolean {
  const { metadata } = template
  if (selector.kind !== template.kind || selector.apiVersion !== template.apiVersion) return false
  if (selector.namespace !== undefined && selector.namespace !== metadata.namespace) return false
  if (selector.namespaceSelector !== undefined) {
    const labels = metadata.namespace === undefined ? undefined : labelsOf(metadata.namespace)
    if (!labels || !matchesLabels(fromLabelSelector(selector.namespaceSelector), labels)) return false
  }
  if (selector.name !== undefined) return selector.name === metadata.name
  return (
    selector.labelSelector === undefined || matchesLabels(fromLabelSelector(selector.labelSelector), metadata.labels)
  )
}

export interface Overridden {
  readonly object: KubeObject
  readonly changes: readonly OverrideChange[]
}

type Override = (object: KubeObject, overriders: Overriders, variables: Variables) => KubeObject

/** In the fixed order of the API. */
const overrideSteps: readonly (readonly [keyof Overriders, Override])[] = [
  ['imageOverrider', (object, o, v) => all(object, o.imageOverrider, (it, one) => overrideImage(it, one, v))],
  [
    'commandOverrider',
    (object, o, v) => all(object, o.commandOverrider, (it, one) => overrideWords(it, 'command', one, v)),
  ],
  ['argsOverrider', (object, o, v) => all(object, o.argsOverrider, (it, one) => overrideWords(it, 'args', one, v))],
  ['envOverrider', (object, o, v) => all(object, o.envOverrider, (it, one) => overrideEnv(it, one, v))],
  ['portOverrider', (object, o) => all(object, o.portOverrider, overridePort)],
  ['resourcesOverrider', (object, o) => all(object, o.resourcesOverrider, overrideResources)],
  ['labelsOverrider', (object, o, v) => all(object, o.labelsOverrider, (it, one) => overrideMap(it, 'labels', one, v))],
  [
    'annotationsOverrider',
    (object, o, v) => all(object, o.annotationsOverrider, (it, one) => overrideMap(it, 'annotations', one, v)),
  ],
  ['plaintext', (object, o, v) => all(object, o.plaintext, (it, one) => overridePlaintext(it, one, v))],
]

function all<T>(
  object: KubeObject,
  overriders: readonly T[] | undefined,
  apply: (object: KubeObject, overrider: T) => KubeObject,
): KubeObject {
  return (overriders ?? []).reduce(apply, object)
}

/**
 * `object` after all `rules`. Its identity stays what it was, whatever a patch says.
 * Throws Invalid naming policy, rule and overrider where one cannot be carried out.
 */
export function applyRules(object: KubeObject, rules: readonly MatchedRule[], cluster: Cluster): Overridden {
  const variables = variablesOf(cluster)
  const changes: OverrideChange[] = []
  let result = object
  for (const { policy, rule, overriders } of rules) {
    for (const [overrider, apply] of overrideSteps) {
      if (overriders[overrider] === undefined) continue
      const before = result
      result = withIdentityOf(
        object,
        attempt(() => apply(before, overriders, variables), policy, rule, overrider),
      )
      const fields = diffValues(before, result).map(({ path }) => path)
      if (fields.length > 0) changes.push({ policy, rule, overrider, fields })
    }
  }
  return { object: result, changes }
}

function attempt(apply: () => KubeObject, policy: string, rule: number, overrider: string): KubeObject {
  try {
    return apply()
  } catch (error) {
    if (!isError(error)) throw error
    const message = `Cannot apply ${policy}, overrideRules[${rule}].overriders.${overrider}: ${error.message}`
    throw new FlotillaError('Invalid', message, {}, { cause: error })
  }
}

function withIdentityOf(original: KubeObject, object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = original
  const { name, namespace } = metadata
  return {
    ...object,
    apiVersion,
    kind,
    metadata: { ...object.metadata, name, ...(namespace === undefined ? {} : { namespace }) },
  }
}
