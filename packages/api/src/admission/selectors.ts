// Rules for resource selectors, label selectors, cluster affinities and tolerations, wherever they stand.
import { type StatusCause, isError } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { checkDns1123Subdomain, checkLabelKey, checkLabelValue } from '@flotilla/machinery/names'
import { fromLabelSelector } from '@flotilla/machinery/selector'
import { compileClusterExpression, reportedFieldIn } from '../cluster-expression.ts'
import { isClusterScopedKind, isNeverTemplate, isReservedNamespace } from '../never-template.ts'
import type { ClusterAffinity, FieldSelector, LabelSelector, ResourceSelector, Toleration } from '../selector.ts'
import { duplicates, each, invalid } from './rule.ts'

/** `namespace`: the policy's own; none for a cluster-wide policy. */
export function checkResourceSelectors(
  field: string,
  selectors: readonly ResourceSelector[],
  namespace: string | undefined,
): readonly StatusCause[] {
  const isReserved = namespace !== undefined && isReservedNamespace(namespace)
  return [
    ...(isReserved ? [fieldForbidden('metadata.namespace', neverFrom(namespace))] : []),
    ...duplicates(field, selectors),
    ...each(field, selectors, (selector, path) => checkResourceSelector(path, selector, namespace)),
  ]
}

function neverFrom(namespace: string): string {
  return `nothing in ${namespace} is ever propagated: keep templates and their policies in another namespace`
}

function checkResourceSelector(
  field: string,
  selector: ResourceSelector,
  namespace: string | undefined,
): readonly StatusCause[] {
  const { apiVersion, kind, name, labelSelector } = selector
  const causes = [...checkKind(field, apiVersion, kind)]
  if (name !== undefined && labelSelector !== undefined) {
    causes.push(
      fieldInvalid(`${field}.labelSelector`, labelSelector, 'may not stand together with name: leave one of them out'),
    )
  }
  if (isNeverTemplate({ apiVersion, kind, metadata: { name: name ?? '' } })) {
    const what = name === undefined ? kind : `${kind} ${name}`
    causes.push(fieldForbidden(field, `${what} belongs to each cluster itself and is never propagated: leave it out`))
  }
  causes.push(...checkLabelSelector(`${field}.labelSelector`, labelSelector))
  causes.push(...(namespace === undefined ? checkAnyNamespace(field, selector) : checkOwn(field, selector, namespace)))
  return causes
}

function checkKind(field: string, apiVersion: string, kind: string): readonly StatusCause[] {
  const isVersion = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[0-9]+([a-z]+[0-9]+)?$/.test(apiVersion)
  const isKind = /^[A-Z][A-Za-z0-9]*$/.test(kind)
  return [
    ...invalid(`${field}.apiVersion`, apiVersion, isVersion ? [] : ['must be VERSION or GROUP/VERSION, e.g. apps/v1']),
    ...invalid(`${field}.kind`, kind, isKind ? [] : ['must be a kind in CamelCase, e.g. Deployment']),
  ]
}

function checkOwn(field: string, selector: ResourceSelector, namespace: string): readonly StatusCause[] {
  const causes: StatusCause[] = []
  if (selector.namespace !== undefined && selector.namespace !== namespace) {
    causes.push(
      fieldInvalid(
        `${field}.namespace`,
        selector.namespace,
        `may only be the policy's own namespace, ${namespace}: leave it out, or use a cluster-wide policy`,
      ),
    )
  }
  if (selector.namespaceSelector !== undefined) {
    causes.push(
      fieldForbidden(
        `${field}.namespaceSelector`,
        'only cluster-wide policies select namespaces: leave it out, or use one',
      ),
    )
  }
  if (isClusterScopedKind(selector.apiVersion, selector.kind)) {
    causes.push(
      fieldForbidden(`${field}.kind`, `${selector.kind} is cluster-scoped: only a cluster-wide policy selects it`),
    )
  }
  return causes
}

function checkAnyNamespace(field: string, { namespace, namespaceSelector }: ResourceSelector): readonly StatusCause[] {
  const causes = [...checkLabelSelector(`${field}.namespaceSelector`, namespaceSelector)]
  if (namespace !== undefined && namespaceSelector !== undefined) {
    causes.push(
      fieldInvalid(
        `${field}.namespaceSelector`,
        namespaceSelector,
        'may not stand together with namespace: leave one of them out',
      ),
    )
  }
  if (namespace !== undefined && isReservedNamespace(namespace)) {
    causes.push(fieldForbidden(`${field}.namespace`, neverFrom(namespace)))
  }
  return causes
}

export function checkLabelSelector(field: string, selector: LabelSelector | undefined): readonly StatusCause[] {
  try {
    if (selector !== undefined) fromLabelSelector(selector)
    return []
  } catch (error) {
    if (isError(error, 'BadRequest')) return [fieldInvalid(field, selector, error.message)]
    throw error
  }
}

/** `mayObserve`: its expression may depend on what members report. */
export function checkAffinity(
  field: string,
  affinity: ClusterAffinity | undefined,
  { mayObserve = false }: { readonly mayObserve?: boolean } = {},
): readonly StatusCause[] {
  if (affinity === undefined) return []
  const { clusterNames, exclude = [], labelSelector, fieldSelector, expression } = affinity
  const excluded = new Set(exclude)
  const causes: StatusCause[] = []
  if (clusterNames?.length === 0) {
    causes.push(fieldInvalid(`${field}.clusterNames`, [], 'names no cluster; leave it out to mean every cluster'))
  }
  for (const [index, name] of (clusterNames ?? []).entries()) {
    if (!excluded.has(name)) continue
    causes.push(
      fieldInvalid(
        `${field}.clusterNames[${index}]`,
        name,
        `contradicts ${field}.exclude, which names it too: leave it out of one of them`,
      ),
    )
  }
  const checkName = (name: string, path: string) => invalid(path, name, checkDns1123Subdomain(name))
  return [
    ...causes,
    ...each(`${field}.clusterNames`, clusterNames, checkName),
    ...each(`${field}.exclude`, exclude, checkName),
    ...checkLabelSelector(`${field}.labelSelector`, labelSelector),
    ...each(`${field}.fieldSelector.matchExpressions`, fieldSelector?.matchExpressions, checkFieldRequirement),
    ...checkExpression(`${field}.expression`, expression, mayObserve),
  ]
}

function checkExpression(field: string, expression: string | undefined, mayObserve: boolean): readonly StatusCause[] {
  if (expression === undefined) return []
  const reported = mayObserve ? undefined : reportedFieldIn(expression)
  if (reported !== undefined) {
    const where = 'only spec.placement.clusterAffinity may depend on what members report'
    return [fieldForbidden(field, `${where}, such as cluster.${reported}: go by labels here`)]
  }
  try {
    compileClusterExpression(expression)
    return []
  } catch (error) {
    if (isError(error, 'Invalid')) return [fieldInvalid(field, expression, error.message)]
    throw error
  }
}

function checkFieldRequirement(
  { operator, values = [] }: NonNullable<FieldSelector['matchExpressions']>[number],
  field: string,
): readonly StatusCause[] {
  const takesValues = operator === 'In' || operator === 'NotIn'
  if (takesValues && values.length === 0)
    return [fieldRequired(`${field}.values`, `${operator} compares with values: give at least one`)]
  if (!takesValues && values.length > 0)
    return [fieldForbidden(`${field}.values`, `${operator} takes no values: leave them out`)]
  return []
}

export function checkToleration(toleration: Toleration, field: string): readonly StatusCause[] {
  const { key = '', operator = 'Equal', value = '', effect, tolerationSeconds } = toleration
  const causes: StatusCause[] = []
  if (key === '' && operator !== 'Exists') {
    causes.push(
      fieldInvalid(`${field}.operator`, operator, 'must be Exists when key is empty, which means every taint'),
    )
  }
  if (operator === 'Exists' && value !== '') {
    causes.push(
      fieldInvalid(`${field}.value`, value, 'must be empty when operator is Exists: leave it out, or use Equal'),
    )
  }
  return [
    ...causes,
    ...(key === '' ? [] : invalid(`${field}.key`, key, checkLabelKey(key))),
    ...invalid(`${field}.value`, value, checkLabelValue(value)),
    ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [
          fieldForbidden(
            `${field}.tolerationSeconds`,
            'only with effect NoExecute, which alone makes what runs leave: set that, or leave it out',
          ),
        ]
      : []),
  ]
}
