// RBAC rules as data: whether one allows a request, and whether some rules cover others.
import type { Attributes } from './authorizer.ts'

export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

type Asked = Pick<Attributes, 'verb' | 'path' | 'group' | 'resource' | 'subresource' | 'name'>

export function ruleAllows(rule: PolicyRule, asked: Asked): boolean {
  if (!has(rule.verbs, asked.verb)) return false
  if (asked.path !== undefined) return hasPath(rule.nonResourceURLs, asked.path)
  return (
    has(rule.apiGroups, asked.group) && hasResource(rule.resources, asked) && hasName(rule.resourceNames, asked.name)
  )
}

/** What of `wanted` no rule of `owned` allows, in single steps. */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(singles).filter((single) => !owned.some((rule) => covers(rule, single)))
}

/** As upstream prints single steps in its refusals: the verbs on one resource together, in the order of the lines. */
export function describeRules(singles: readonly PolicyRule[]): string {
  const rules = new Map<string, PolicyRule>()
  for (const { verbs, ...target } of singles) {
    const isOffResources = target.nonResourceURLs !== undefined
    const key = JSON.stringify(isOffResources ? { ...target, verbs } : target)
    const before = isOffResources ? [] : (rules.get(key)?.verbs ?? [])
    rules.set(key, { ...target, verbs: [...before, ...verbs] })
  }
  return [...rules.values()].map(describeRule).toSorted().join('\n')
}

function describeRule(rule: PolicyRule): string {
  const parts = [
    show('APIGroups', rule.apiGroups),
    show('Resources', rule.resources),
    show('NonResourceURLs', rule.nonResourceURLs),
    show('ResourceNames', rule.resourceNames),
    show('Verbs', rule.verbs),
  ]
  return `{${parts.filter((part) => part !== '').join(', ')}}`
}

function show(name: string, values: readonly string[] | undefined): string {
  if (values === undefined || values.length === 0) return ''
  return `${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}

/** One rule for each combination: whether it is covered needs no set arithmetic then. */
function singles(rule: PolicyRule): readonly PolicyRule[] {
  const urls = (rule.nonResourceURLs ?? []).flatMap((url) =>
    rule.verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })),
  )
  const names = rule.resourceNames === undefined || rule.resourceNames.length === 0 ? [undefined] : rule.resourceNames
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb) =>
        names.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
  )
  return [...resources, ...urls]
}

function covers(rule: PolicyRule, single: PolicyRule): boolean {
  const [verb = ''] = single.verbs
  const [path] = single.nonResourceURLs ?? []
  if (!has(rule.verbs, verb)) return false
  if (path !== undefined) return hasPath(rule.nonResourceURLs, path)
  const [resource = '', subresource = ''] = (single.resources?.[0] ?? '').split('/')
  const isNameCovered =
    rule.resourceNames === undefined ||
    rule.resourceNames.length === 0 ||
    (single.resourceNames !== undefined && rule.resourceNames.includes(single.resourceNames[0] ?? ''))
  return (
    has(rule.apiGroups, single.apiGroups?.[0] ?? '') &&
    hasResource(rule.resources, { resource, subresource }) &&
    isNameCovered
  )
}

function has(values: readonly string[] | undefined, wanted: string): boolean {
  return values !== undefined && (values.includes(wanted) || values.includes('*'))
}

/** A lone `*` is everything with its subresources; `*` with a subresource is that subresource of everything. */
function hasResource(
  values: readonly string[] | undefined,
  { resource, subresource }: Pick<Asked, 'resource' | 'subresource'>,
): boolean {
  if (values === undefined) return false
  if (values.includes('*')) return true
  if (subresource === '') return values.includes(resource)
  return values.includes(`${resource}/${subresource}`) || values.includes(`*/${subresource}`)
}

function hasName(values: readonly string[] | undefined, name: string): boolean {
  return values === undefined || values.length === 0 || values.includes(name)
}

function hasPath(values: readonly string[] | undefined, path: string): boolean {
  if (values === undefined) return false
  return values.some((value) => value === path || (value.endsWith('*') && path.startsWith(value.slice(0, -1))))
}
