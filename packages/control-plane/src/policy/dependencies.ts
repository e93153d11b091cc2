// Which objects must go wherever a workload goes: what its pods use, and what points at them. Pure.
import { fromLabelSelector, matchesLabels } from '@flotilla/machinery/selector'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, dictAt, textAt, valueAt } from '@flotilla/machinery/untyped'
import { followerKinds, type FollowerKind } from '../interpreter/follower-kinds.ts'
import type { PodTemplate } from '../interpreter/pod-set.ts'
import { RuleFailure } from '../interpreter/rule-failure.ts'
import type { RuleLookup } from '../interpreter/rule-book.ts'
import { podTemplatesOf, referencesOf } from './pod-template.ts'

/** What the hub holds in one namespace. */
export interface NamespaceObjects {
  get(kind: FollowerKind, name: string): KubeObject | undefined
  list(kind: FollowerKind): Iterable<KubeObject>
}

/**
 * The existing objects of the workload's namespace that follow it, each once, in the order of `followerKinds` and
 * by name. An object that is no workload has no followers. Where a rule fails, those that followed it `before` stay.
 */
export function followersOf(
  workload: KubeObject,
  objects: NamespaceObjects,
  rules: RuleLookup,
  before: () => readonly KubeObject[],
): readonly KubeObject[] {
  const scaler = [...objects.list('HorizontalPodAutoscaler')].filter((hpa) => scales(hpa, workload))
  const used = unlessFailed(before, () =>
    podTemplatesOf(workload, rules).flatMap((pod) => followersOfPod(pod, objects)),
  )
  const named = unlessFailed(before, () =>
    (rules.rulesFor(workload)?.dependencies(workload) ?? []).flatMap(
      ({ kind, name }) => objects.get(kind as FollowerKind, name) ?? [],
    ),
  )
  return inOrder([...used, ...named, ...scaler])
}

function unlessFailed(before: () => readonly KubeObject[], find: () => readonly KubeObject[]): readonly KubeObject[] {
  try {
    return find()
  } catch (error) {
    if (error instanceof RuleFailure) return before()
    throw error
  }
}

function followersOfPod(template: PodTemplate, objects: NamespaceObjects): readonly KubeObject[] {
  const services = [...objects.list('Service')].filter((service) => selectsPods(service, template))
  const names = new Set(services.map((service) => service.metadata.name))
  const ingresses = [...objects.list('Ingress')].filter((ingress) =>
    backendsOf(ingress).some((name) => names.has(name)),
  )
  const budgets = [...objects.list('PodDisruptionBudget')].filter((budget) => protectsPods(budget, template))
  const used = usedObjects(template, ingresses, objects)
  return [...used, ...services, ...ingresses, ...budgets]
}

/** The ConfigMaps, Secrets, ServiceAccounts and claims that the pods use, directly or through what follows them. */
function usedObjects(
  template: PodTemplate,
  ingresses: readonly KubeObject[],
  objects: NamespaceObjects,
): readonly KubeObject[] {
  const references = referencesOf(template)
  const accounts = present('ServiceAccount', references.serviceAccounts, objects)
  const secrets = new Set([
    ...references.secrets,
    ...accounts.flatMap(secretsOfAccount),
    ...ingresses.flatMap(tlsSecretsOf),
  ])
  return [
    ...present('ConfigMap', references.configMaps, objects),
    ...present('Secret', secrets, objects),
    ...accounts,
    ...present('PersistentVolumeClaim', references.persistentVolumeClaims, objects),
  ]
}

function present(kind: FollowerKind, names: Iterable<string>, objects: NamespaceObjects): readonly KubeObject[] {
  return [...names].flatMap((name) => objects.get(kind, name) ?? [])
}

function inOrder(followers: readonly KubeObject[]): readonly KubeObject[] {
  const kinds = Object.keys(followerKinds)
  const unique = [...new Map(followers.map((object) => [`${object.kind}/${object.metadata.name}`, object])).values()]
  return unique.sort(
    (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.metadata.name < b.metadata.name ? -1 : 1),
  )
}

/** Whether `object`, of a kind that points at pods, points at those of `template`; an Ingress does so by its Services. */
export function pointsAt(object: KubeObject, template: PodTemplate, objects: NamespaceObjects): boolean {
  if (object.kind === 'Service') return selectsPods(object, template)
  if (object.kind === 'PodDisruptionBudget') return protectsPods(object, template)
  if (object.kind !== 'Ingress') return false
  const services = backendsOf(object).flatMap((name) => objects.get('Service', name) ?? [])
  return services.some((service) => selectsPods(service, template))
}

/** A Service without a selector points at nothing by itself. */
function selectsPods(service: KubeObject, template: PodTemplate): boolean {
  const selector = Object.entries(dictAt(service, 'spec', 'selector'))
  return selector.length > 0 && selector.every(([key, value]) => template.labels[key] === value)
}

/** policy/v1: an empty selector protects every pod of the namespace; a missing one none. */
function protectsPods(budget: KubeObject, template: PodTemplate): boolean {
  const hasSelector = valueAt(budget, 'spec', 'selector') != null
  return hasSelector && matchesLabels(fromLabelSelector(dictAt(budget, 'spec', 'selector')), template.labels)
}

/** Whether `hpa` scales `workload`; the version of its target reference does not matter, the group does. */
export function scales(hpa: KubeObject, workload: KubeObject): boolean {
  const target = dictAt(hpa, 'spec', 'scaleTargetRef')
  return (
    target['kind'] === workload.kind &&
    target['name'] === workload.metadata.name &&
    groupOf(textAt(target, 'apiVersion')) === groupOf(workload.apiVersion)
  )
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

function backendsOf(ingress: KubeObject): readonly string[] {
  const paths = asDicts(valueAt(ingress, 'spec', 'rules')).flatMap((rule) => asDicts(valueAt(rule, 'http', 'paths')))
  const backends = [dictAt(ingress, 'spec', 'defaultBackend'), ...paths.map((path) => dictAt(path, 'backend'))]
  return backends.flatMap((backend) => text(valueAt(backend, 'service', 'name')))
}

function tlsSecretsOf(ingress: KubeObject): readonly string[] {
  return asDicts(valueAt(ingress, 'spec', 'tls')).flatMap((entry) => text(entry['secretName']))
}

function secretsOfAccount(account: KubeObject): readonly string[] {
  return [...asDicts(account['imagePullSecrets']), ...asDicts(account['secrets'])].flatMap((entry) =>
    text(entry['name']),
  )
}

function text(value: unknown): readonly string[] {
  return typeof value === 'string' && value !== '' ? [value] : []
}
