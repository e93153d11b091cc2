// Role based access control over the roles and bindings that the server itself stores.
import { FlotillaError } from '@flotilla/machinery/errors'
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import type { AdmissionHook, AdmissionRequest } from '../admission.ts'
import type { UserInfo } from '../operations.ts'
import type { Store } from '../store/store.ts'
import { aggregationRuleOf, rulesIn } from './aggregation.ts'
import type { Attributes, Authorizer, Decision } from './authorizer.ts'
import { createRbacIndex, type Binding, type RbacIndex, type RoleRef } from './rbac-index.ts'
import { describeRules, ruleAllows, uncovered, type PolicyRule } from './rbac-rules.ts'

const masters = 'system:masters'
const allRules: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

export interface RbacAuthorizer extends Authorizer {
  /** Refuses roles and bindings that would give more than their writer has. For the server's `admission`. */
  readonly escalationHook: AdmissionHook
  stop(): void
}

/** Follows `store` from now on: make it before the server, so that the hook can be given to the server. */
export function createRbacAuthorizer({ store }: { readonly store: Store }): RbacAuthorizer {
  const index = createRbacIndex(store)
  const authorizer: Authorizer = {
    authorize: (attributes) => decide(index, attributes),
    rulesFor: (user, namespace) => splitRules(rulesOf(index, user, namespace)),
  }
  return { ...authorizer, escalationHook: escalationHook(index, authorizer), stop: () => index.stop() }
}

function decide(index: RbacIndex, asked: Attributes): Decision {
  if (asked.user.groups.includes(masters)) return { allowed: true, reason: '' }
  const scopes = asked.namespace === '' ? [''] : ['', asked.namespace]
  for (const scope of scopes) {
    for (const binding of index.bindingsOf(asked.user, scope)) {
      const isAllowed = index.rulesOf(binding.role, scope).some((rule) => ruleAllows(rule, asked))
      if (isAllowed) return { allowed: true, reason: reasonOf(binding) }
    }
  }
  return { allowed: false, reason: '' }
}

function reasonOf({ kind, name, namespace, role, subjects }: Binding): string {
  const place = namespace === '' ? name : `${name}/${namespace}`
  const [subject = ''] = subjects
  const space = subject.indexOf(' ')
  const who = `${subject.slice(0, space)} ${JSON.stringify(subject.slice(space + 1))}`
  return `RBAC: allowed by ${kind} ${JSON.stringify(place)} of ${role.kind} ${JSON.stringify(role.name)} to ${who}`
}

function rulesOf(index: RbacIndex, user: UserInfo, namespace: string): readonly PolicyRule[] {
  if (user.groups.includes(masters)) return allRules
  const scopes = namespace === '' ? [''] : ['', namespace]
  return scopes.flatMap((scope) => [...index.bindingsOf(user, scope)].flatMap(({ role }) => index.rulesOf(role, scope)))
}

function splitRules(rules: readonly PolicyRule[]) {
  const resourceRules = rules.flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
    resources === undefined || resources.length === 0
      ? []
      : [{ verbs, apiGroups: apiGroups ?? [], resources, ...(resourceNames === undefined ? {} : { resourceNames }) }],
  )
  const nonResourceRules = rules.flatMap(({ verbs, nonResourceURLs }) =>
    nonResourceURLs === undefined || nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }],
  )
  return { resourceRules, nonResourceRules }
}

const guarded = new Set(['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'])

function escalationHook(index: RbacIndex, authorizer: Authorizer): AdmissionHook {
  return {
    name: 'rbac-escalation',
    matches: ({ resource, operation }) =>
      operation !== 'DELETE' && resource.group === 'rbac.authorization.k8s.io' && guarded.has(resource.plural),
    admit(request) {
      if (request.resource.plural.endsWith('bindings')) checkBinding(index, authorizer, request)
      else checkRole(index, authorizer, request)
    },
  }
}

function checkRole(index: RbacIndex, authorizer: Authorizer, request: AdmissionRequest): void {
  const { resource, object, oldObject, user } = request
  if (object === undefined || isSameButForDeletion(object, oldObject)) return
  const { name, namespace = '' } = object.metadata
  if (may(authorizer, request, 'escalate', resource.plural, name)) return
  const owned = rulesOf(index, user, namespace)
  refuseUncovered(request, owned, rulesIn(object))
  if (!isAggregated(object) && !isAggregated(oldObject)) return
  if (uncovered(owned, allRules).length === 0) return
  const why = 'must have cluster-admin privileges to use the aggregationRule'
  throw forbid(request, why)
}

function isAggregated(role: KubeObject | undefined): boolean {
  const rule = role === undefined ? undefined : aggregationRuleOf(role)
  return (rule?.clusterRoleSelectors?.length ?? 0) > 0
}

/** A garbage collector may free what it may not give: labels count, since they decide what a role is taken into. */
function isSameButForDeletion(object: KubeObject, old: KubeObject | undefined): boolean {
  return old !== undefined && deepEqual(withoutBookkeeping(object), withoutBookkeeping(old))
}

function withoutBookkeeping(object: KubeObject): object {
  const { ownerReferences: _, finalizers: __, managedFields: ___, ...metadata } = object.metadata
  return { ...object, metadata: { ...metadata, resourceVersion: undefined } }
}

function checkBinding(index: RbacIndex, authorizer: Authorizer, request: AdmissionRequest): void {
  const { object, oldObject, user } = request
  const role = object?.['roleRef'] as RoleRef | undefined
  if (object === undefined || role === undefined || isSameButForDeletion(object, oldObject)) return
  const plural = role.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (may(authorizer, request, 'bind', plural, role.name)) return
  const { namespace = '' } = object.metadata
  if (!index.hasRole(role, namespace)) throw noSuchRole(plural, role.name)
  refuseUncovered(request, rulesOf(index, user, namespace), index.rulesOf(role, namespace))
}

function noSuchRole(plural: string, name: string): FlotillaError {
  const group = 'rbac.authorization.k8s.io'
  return new FlotillaError('NotFound', `${plural}.${group} "${name}" not found`, { name, group, kind: plural })
}

function may(
  authorizer: Authorizer,
  { user, object }: AdmissionRequest,
  verb: string,
  resource: string,
  name: string,
): boolean {
  const namespace = object?.metadata.namespace ?? ''
  const group = 'rbac.authorization.k8s.io'
  return authorizer.authorize({ user, verb, group, version: 'v1', resource, subresource: '', namespace, name }).allowed
}

function refuseUncovered(request: AdmissionRequest, owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): void {
  const missing = uncovered(owned, wanted)
  if (missing.length === 0) return
  const { user } = request
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ')
  const who = `user ${JSON.stringify(user.name)} (groups=[${groups}])`
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}`
  throw forbid(request, why)
}

function forbid({ resource, object }: AdmissionRequest, why: string): FlotillaError {
  const name = object?.metadata.name ?? ''
  const text = `${resource.plural}.${resource.group} ${JSON.stringify(name)} is forbidden: ${why}`
  return new FlotillaError('Forbidden', text, { name, group: resource.group, kind: resource.plural })
}
