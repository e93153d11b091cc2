// Roles and their bindings.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldInvalid, fieldNotSupported, fieldRequired } from '@flotilla/machinery/field-error'
import { deepEqual } from '@flotilla/machinery/json'
import { checkDns1123Subdomain, checkPathSegmentName } from '@flotilla/machinery/names'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindRules } from './rules.ts'

interface PolicyRule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

interface Subject {
  readonly kind?: string
  readonly apiGroup?: string
  readonly name?: string
  readonly namespace?: string
}

interface RoleRef {
  readonly apiGroup?: string
  readonly kind?: string
  readonly name?: string
}

const rbacGroup = 'rbac.authorization.k8s.io'

function ruleCauses(rule: PolicyRule, field: string, isNamespaced: boolean): StatusCause[] {
  const causes: StatusCause[] = []
  if (!rule.verbs?.length) causes.push(fieldRequired(`${field}.verbs`, 'verbs must contain at least one value'))
  if (rule.nonResourceURLs?.length) {
    const at = `${field}.nonResourceURLs`
    if (isNamespaced) {
      causes.push(fieldInvalid(at, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
    }
    if (rule.apiGroups?.length || rule.resources?.length) {
      causes.push(
        fieldInvalid(at, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      )
    }
    return causes
  }
  if (!rule.apiGroups?.length) {
    causes.push(fieldRequired(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  }
  if (!rule.resources?.length) {
    causes.push(fieldRequired(`${field}.resources`, 'resource rules must supply at least one resource'))
  }
  return causes
}

function roleRules(isNamespaced: boolean): KindRules {
  return {
    checkName: checkPathSegmentName,
    createsOnUpdate: true,
    validate(object) {
      const rules = (object.rules ?? []) as readonly PolicyRule[]
      return rules.flatMap((rule, index) => ruleCauses(rule, `rules[${index}]`, isNamespaced))
    },
  }
}

function bindingRules(isNamespaced: boolean): KindRules {
  return {
    checkName: checkPathSegmentName,
    createsOnUpdate: true,
    defaults(object) {
      const subjects = object.subjects as readonly Subject[] | undefined
      const roleRef = object.roleRef as RoleRef | undefined
      return {
        ...object,
        ...(subjects ? { subjects: subjects.map(withGroup) } : {}),
        ...(roleRef ? { roleRef: { ...roleRef, apiGroup: roleRef.apiGroup || rbacGroup } } : {}),
      }
    },
    validate: (object) => [...roleRefCauses(object, isNamespaced), ...subjectsCauses(object, isNamespaced)],
    validateUpdate(object, before) {
      if (deepEqual(object.roleRef, before.roleRef)) return []
      const { apiGroup: APIGroup, kind: Kind, name: Name } = (object.roleRef ?? {}) as RoleRef
      return [fieldInvalid('roleRef', { APIGroup, Kind, Name }, 'cannot change roleRef')]
    },
  }
}

function withGroup(subject: Subject): Subject {
  if (subject.apiGroup || (subject.kind !== 'User' && subject.kind !== 'Group')) return subject
  return { ...subject, apiGroup: rbacGroup }
}

function roleRefCauses(object: KubeObject, isNamespaced: boolean): StatusCause[] {
  const { apiGroup, kind = '', name } = (object.roleRef ?? {}) as RoleRef
  const kinds = isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const causes: StatusCause[] = []
  if (apiGroup !== undefined && apiGroup !== rbacGroup) {
    causes.push(fieldNotSupported('roleRef.apiGroup', apiGroup, [rbacGroup]))
  }
  if (!kinds.includes(kind)) causes.push(fieldNotSupported('roleRef.kind', kind, kinds))
  if (!name) return [...causes, fieldRequired('roleRef.name')]
  return [...causes, ...checkPathSegmentName(name).map((why) => fieldInvalid('roleRef.name', name, why))]
}

function subjectsCauses(object: KubeObject, isNamespaced: boolean): StatusCause[] {
  const subjects = (object.subjects ?? []) as readonly Subject[]
  return subjects.flatMap(({ kind = '', name, namespace }, index) => {
    const at = `subjects[${index}]`
    const causes = name ? [] : [fieldRequired(`${at}.name`)]
    if (kind === 'ServiceAccount' && !namespace && !isNamespaced) causes.push(fieldRequired(`${at}.namespace`))
    if (kind === 'ServiceAccount' && name) {
      causes.push(...checkDns1123Subdomain(name).map((why) => fieldInvalid(`${at}.name`, name, why)))
    }
    const kinds = ['ServiceAccount', 'User', 'Group']
    return kinds.includes(kind) ? causes : [...causes, fieldNotSupported(`${at}.kind`, kind, kinds)]
  })
}

export const roles = roleRules(true)
export const clusterRoles = roleRules(false)
export const roleBindings = bindingRules(true)
export const clusterRoleBindings = bindingRules(false)
