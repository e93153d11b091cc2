// How important a template is where room is short: what the PriorityClass that its policy names says. Pure.
import type { SchedulePriority } from '@flotilla/api/propagation-policy'
import type { BindingPriority } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import { RuleFailure } from '../interpreter/rule-failure.ts'
import type { RuleLookup } from '../interpreter/rule-book.ts'
import { podTemplatesOf } from './pod-template.ts'

export const priorityClassKind = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass' }

/** Of the hub. */
export interface PriorityClasses {
  get(name: string): KubeObject | undefined
  list(): Iterable<KubeObject>
}

/** Classes that every Kubernetes has; an embedded hub knows them without objects. */
const systemValues: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
}

/**
 * What the binding of `template` is to say. `before`: what it says now; it stays in force when its class has gone, so
 * that deleting a class and creating it anew changes nothing.
 */
export function resolvePriority(
  asked: SchedulePriority,
  template: KubeObject,
  classes: PriorityClasses,
  before: BindingPriority | undefined,
  rules: RuleLookup,
): BindingPriority {
  const resolved = resolveClass(asked, template, classes, before, rules)
  const { priorityClassName = '', problem } = resolved
  const isAllowed = problem === undefined && classes.get(priorityClassName)?.['preemptionPolicy'] !== 'Never'
  const mayPreempt = asked.preemptionPolicy === 'PreemptLowerPriority' && isAllowed
  return mayPreempt ? { ...resolved, preemptionPolicy: 'PreemptLowerPriority' } : resolved
}

function resolveClass(
  asked: SchedulePriority,
  template: KubeObject,
  classes: PriorityClasses,
  before: BindingPriority | undefined,
  rules: RuleLookup,
): BindingPriority {
  const name = classNameOf(asked, template, before, rules)
  if (name === '') return defaultPriority(classes)
  const found = classes.get(name)
  const priority = found ? valueOf(found) : systemValues[name]
  if (priority !== undefined) return { priority, priorityClassName: name }
  const kept = before?.priorityClassName === name ? before.priority : 0
  const problem = `PriorityClass ${name} does not exist on the hub, so the priority is ${kept}: create it, or name another`
  return { priority: kept, priorityClassName: name, problem }
}

/** Where a rule does not tell the pods, the class stays what it was. */
function classNameOf(
  { priorityClassSource, priorityClassName = '' }: SchedulePriority,
  template: KubeObject,
  before: BindingPriority | undefined,
  rules: RuleLookup,
): string {
  if (priorityClassSource !== 'PodPriorityClass') return priorityClassName
  try {
    const names = podTemplatesOf(template, rules).map(({ spec }) => textAt(spec, 'priorityClassName'))
    return names.find((name) => name !== '') ?? ''
  } catch (error) {
    if (error instanceof RuleFailure) return before?.priorityClassName ?? ''
    throw error
  }
}

/** Of several default classes the one of least value counts, as in Kubernetes. */
function defaultPriority(classes: PriorityClasses): BindingPriority {
  const [least] = [...classes.list()]
    .filter((each) => each['globalDefault'] === true)
    .map((each) => ({ priority: valueOf(each), priorityClassName: each.metadata.name }))
    .sort((a, b) => a.priority - b.priority || (a.priorityClassName < b.priorityClassName ? -1 : 1))
  return least ?? { priority: 0 }
}

function valueOf(priorityClass: KubeObject): number {
  const value = priorityClass['value']
  return typeof value === 'number' ? value : 0
}
