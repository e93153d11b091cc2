// What the hub holds that decisions depend on, as it is or as it would be with other objects on it. Pure.
import { group } from '@flotilla/api/group'
import type { Interpreter } from '@flotilla/api/interpreter'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Binding } from '../hub.ts'
import { RuleBook, type RuleLookup } from '../interpreter/rule-book.ts'
import { objectIdOf, kindIdOf, type KindId, type ObjectId } from '../object-id.ts'
import { newBinding, withPolicyPart, workloadOf } from '../policy/binding.ts'
import { matchPolicy, type Policy, type Verdict } from '../policy/match.ts'
import { priorityClassKind, resolvePriority } from '../policy/priority.ts'
import { isGroup } from '../requirements.ts'

export interface HubState {
  readonly policies: readonly Policy[]
  readonly bindings: readonly Binding[]
  /** All whose binding may be another with the objects that are put on the hub. */
  readonly templates: readonly KubeObject[]
  readonly namespaces: readonly KubeObject[]
  readonly priorityClasses: readonly KubeObject[]
  readonly interpreters: readonly Interpreter[]
  /** Templates that are taken away. */
  readonly removed?: ReadonlySet<ObjectId>
}

/**
 * With `objects` in place of those of their names, without those that are `removed`, and with the bindings that the hub
 * would then make of `templates`.
 */
export function withObjects(
  state: HubState,
  objects: readonly KubeObject[],
  removed: readonly KubeObject[] = [],
): HubState {
  const isOther = (object: KubeObject) =>
    !isNamespace(object) && !isPolicy(object) && !isPriorityClass(object) && !isInterpreter(object)
  const gone = new Set(removed.map(idOf))
  const merged = <Kind extends KubeObject>(all: readonly Kind[], by: readonly Kind[]) =>
    replaced(all, by).filter((object) => !gone.has(idOf(object)))
  const changed = {
    policies: merged(state.policies, objects.filter(isPolicy)),
    // Those that are removed as well: their bindings say what becomes of their copies.
    templates: replaced(state.templates, objects.filter(isOther)),
    namespaces: merged(state.namespaces, objects.filter(isNamespace)),
    priorityClasses: merged(state.priorityClasses, objects.filter(isPriorityClass)),
    interpreters: merged(state.interpreters, objects.filter(isInterpreter)),
  }
  return { ...changed, bindings: rebind(state.bindings, changed), removed: gone }
}

export function isNamespace(object: KubeObject): boolean {
  return kindIdOf(object) === kindIdOf({ apiVersion: 'v1', kind: 'Namespace' })
}

export function isPriorityClass(object: KubeObject): boolean {
  return kindIdOf(object) === kindIdOf(priorityClassKind)
}

export function isPolicy(object: KubeObject): object is Policy {
  return policyKinds.has(kindIdOf(object))
}

export function isInterpreter(object: KubeObject): object is Interpreter {
  return kindIdOf(object) === `${group}/Interpreter`
}

/** Kinds that the Interpreters among `objects` are for. */
export function interpretedKinds(objects: readonly KubeObject[]): ReadonlySet<KindId> {
  return new Set(objects.filter(isInterpreter).map(({ spec: { target } }) => `${target.group}/${target.kind}`))
}

export function sameObject(left: KubeObject, right: KubeObject): boolean {
  return idOf(left) === idOf(right)
}

const policyKinds = new Set(['PropagationPolicy', 'ClusterPropagationPolicy'].map((kind) => `${group}/${kind}`))

/** `objects`, those of `by` in place of those of their names. */
export function replaced<Kind extends KubeObject>(objects: readonly Kind[], by: readonly Kind[]): readonly Kind[] {
  const byId = new Map(objects.map((object) => [idOf(object), object]))
  for (const object of by) byId.set(idOf(object), object)
  return [...byId.values()]
}

export function idOf({ apiVersion, kind, metadata }: KubeObject): ObjectId {
  return objectIdOf({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name })
}

/** What the policy controller would make of the bindings of `templates`; others stay. */
function rebind(bindings: readonly Binding[], state: Omit<HubState, 'bindings' | 'removed'>): readonly Binding[] {
  const { templates } = state
  const rules = new RuleBook(state.interpreters)
  const verdictOn = prepareVerdicts(state, rules)
  const live = bindings.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const groups = new Map(
    live
      .filter(({ spec }) => isGroup(spec))
      .flatMap((group) => group.spec.workloads.map(({ ref }) => [ref.uid, group] as const)),
  )
  const byTemplate = new Map(
    live.filter(({ spec }) => !isGroup(spec)).map((binding) => [binding.spec.workloads[0]?.ref.uid, binding]),
  )
  const alone = templates.filter(
    (template) => !isTogether(template, groups.get(template.metadata.uid ?? ''), verdictOn(template, undefined)),
  )
  const made = alone.flatMap((template) => {
    const before = byTemplate.get(template.metadata.uid)
    return bind(template, before, verdictOn(template, before), rules) ?? []
  })
  const madeFor = new Set(alone.map(({ metadata }) => metadata.uid))
  const kept = bindings.filter(({ spec }) => isGroup(spec) || !madeFor.has(spec.workloads[0]?.ref.uid))
  return [...kept.map((binding) => withWorkloads(binding, templates, rules)), ...made]
}

/**
 * Whether the template is of a group, and stays so. Throws BadRequest where it would come to a group or leave one: that is
 * not foretold.
 */
function isTogether(template: KubeObject, group: Binding | undefined, { winner }: Verdict): boolean {
  const isWanted = winner?.spec.schedulingUnit === 'Together'
  const isSame = winner === undefined || group?.spec.policy?.uid === winner.metadata.uid
  if (group === undefined && !isWanted) return false
  if (group !== undefined && isSame) return true
  const { kind, metadata } = template
  const change = isWanted ? `come to the group of ${winner.metadata.name}` : `leave its group`
  const why = 'what a plan says of schedulingUnit Together is where groups go that are there'
  throw new FlotillaError('BadRequest', `Cannot plan for ${kind} ${metadata.name}: it would ${change}; ${why}`)
}

function withWorkloads(binding: Binding, templates: readonly KubeObject[], rules: RuleLookup): Binding {
  if (!isGroup(binding.spec)) return binding
  const byUid = new Map(templates.map((template) => [template.metadata.uid, template]))
  const workloads = binding.spec.workloads.map((workload) => {
    const template = byUid.get(workload.ref.uid)
    return template === undefined ? workload : workloadOf(template, workload, rules)
  })
  return { ...binding, spec: { ...binding.spec, workloads } }
}

function bind(
  template: KubeObject,
  before: Binding | undefined,
  verdict: Verdict,
  rules: RuleLookup,
): Binding | undefined {
  if (before === undefined) {
    return verdict.winner === undefined ? undefined : newBinding(template, verdict, [], undefined, '', rules)
  }
  if (verdict.winner !== undefined) return { ...before, spec: withPolicyPart(before.spec, template, verdict, rules) }
  const { policy: _, losingPolicies: __, ...rest } = before.spec
  return { ...before, spec: rest }
}

function prepareVerdicts(
  { policies, namespaces, priorityClasses }: Omit<HubState, 'bindings' | 'templates' | 'removed'>,
  rules: RuleLookup,
) {
  const byKind = policiesByKind(policies)
  const labels = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]))
  const byName = new Map(priorityClasses.map((each) => [each.metadata.name, each]))
  const classes = { get: (name: string) => byName.get(name), list: () => byName.values() }
  return (template: KubeObject, before: Binding | undefined): Verdict => {
    const verdict = matchPolicy(template, byKind.get(kindIdOf(template)) ?? [], (name) => labels.get(name))
    const asked = verdict.winner?.spec.schedulePriority
    if (asked === undefined) return verdict
    return {
      ...verdict,
      schedulePriority: resolvePriority(asked, template, classes, before?.spec.schedulePriority, rules),
    }
  }
}

function policiesByKind(policies: readonly Policy[]): ReadonlyMap<KindId, readonly Policy[]> {
  const byKind = new Map<KindId, Policy[]>()
  for (const policy of policies) {
    for (const kind of new Set(policy.spec.resourceSelectors.map(kindIdOf))) {
      const known = byKind.get(kind)
      if (known === undefined) byKind.set(kind, [policy])
      else known.push(policy)
    }
  }
  return byKind
}
