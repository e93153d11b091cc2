// The server's roles and bindings in memory, found by who they are for. Follows the store event by event.
import type { KubeObject } from '@flotilla/machinery/object'
import type { UserInfo } from '../operations.ts'
import type { Store } from '../store/store.ts'
import { aggregationRuleOf, rulesIn, selectedRoles } from './aggregation.ts'
import type { PolicyRule } from './rbac-rules.ts'

const suffix = '.rbac.authorization.k8s.io'

export interface Binding {
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding'
  readonly name: string
  /** '' for a ClusterRoleBinding. */
  readonly namespace: string
  readonly role: RoleRef
  readonly subjects: readonly string[]
}

export interface RoleRef {
  readonly kind: string
  readonly name: string
}

export interface RbacIndex {
  /** Bindings of `user` that count for the whole cluster (namespace '') or in `namespace`. */
  bindingsOf(user: UserInfo, namespace: string): Iterable<Binding>
  hasRole(role: RoleRef, namespace: string): boolean
  /** Of a role, with what it aggregates; none when there is no such role. */
  rulesOf(role: RoleRef, namespace: string): readonly PolicyRule[]
  stop(): void
}

export function createRbacIndex(store: Store): RbacIndex {
  const roles = new Map<string, KubeObject>()
  const aggregated = new Map<string, readonly PolicyRule[]>()
  const bindings = new Map<string, Binding>()
  const bySubject = new Map<string, Set<string>>()

  function setRole(key: string, object: KubeObject | undefined) {
    aggregated.clear()
    if (object === undefined) roles.delete(key)
    else roles.set(key, object)
  }

  function setBinding(key: string, object: KubeObject | undefined) {
    for (const subject of bindings.get(key)?.subjects ?? []) bySubject.get(subject)?.delete(key)
    bindings.delete(key)
    if (object === undefined) return
    const binding = bindingOf(object)
    bindings.set(key, binding)
    for (const subject of binding.subjects) bySubject.set(subject, (bySubject.get(subject) ?? new Set()).add(key))
  }

  const stops = [
    follow(store, `roles${suffix}`, setRole),
    follow(store, `clusterroles${suffix}`, setRole),
    follow(store, `rolebindings${suffix}`, setBinding),
    follow(store, `clusterrolebindings${suffix}`, setBinding),
  ]

  function rulesOfClusterRole(name: string): readonly PolicyRule[] {
    const role = roles.get(`clusterroles${suffix}/${name}`)
    if (role === undefined) return []
    if (aggregationRuleOf(role) === undefined) return rulesIn(role)
    const known = aggregated.get(name)
    if (known !== undefined) return known
    aggregated.set(name, [])
    const rules = selectedRoles(role, clusterRoles()).flatMap((other) => rulesOfClusterRole(other.metadata.name))
    aggregated.set(name, rules)
    return rules
  }

  function* clusterRoles(): Generator<KubeObject> {
    for (const [key, role] of roles) if (key.startsWith(`clusterroles${suffix}/`)) yield role
  }

  return {
    *bindingsOf(user, namespace) {
      for (const subject of subjectsOf(user)) {
        for (const key of bySubject.get(subject) ?? []) {
          const binding = bindings.get(key)
          if (binding !== undefined && binding.namespace === namespace) yield binding
        }
      }
    },
    hasRole: (role, namespace) => roles.has(roleKey(role, namespace)),
    rulesOf(ref, namespace) {
      if (ref.kind === 'ClusterRole') return rulesOfClusterRole(ref.name)
      const role = roles.get(roleKey(ref, namespace))
      return role === undefined ? [] : rulesIn(role)
    },
    stop: () => stops.forEach((stop) => stop()),
  }
}

function roleKey({ kind, name }: RoleRef, namespace: string): string {
  return kind === 'ClusterRole' ? `clusterroles${suffix}/${name}` : `roles${suffix}/${namespace}/${name}`
}

function follow(
  store: Store,
  resource: string,
  set: (key: string, object: KubeObject | undefined) => void,
): () => void {
  for (const { key, object } of store.list({ prefix: `${resource}/` }).items) set(key, object)
  return store.subscribe(resource, ({ key, type, object }) => set(key, type === 'DELETED' ? undefined : object))
}

function bindingOf(object: KubeObject): Binding {
  const { name, namespace = '' } = object.metadata
  const subjects = Array.isArray(object['subjects']) ? (object['subjects'] as Subject[]) : []
  const kind = object.kind === 'RoleBinding' ? 'RoleBinding' : 'ClusterRoleBinding'
  const role = (object['roleRef'] ?? {}) as RoleRef
  return { kind, name, namespace, role, subjects: subjects.map((subject) => subjectKey(subject, namespace)) }
}

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  if (kind !== 'ServiceAccount') return `${kind} ${name}`
  return `User system:serviceaccount:${namespace ?? bindingNamespace}:${name}`
}

function subjectsOf({ name, groups }: UserInfo): readonly string[] {
  return [`User ${name}`, ...groups.map((group) => `Group ${group}`)]
}
