// What the hub reads of an object, operation by operation, and who says so: its own knowledge of the kind, or a rule.
import type { InterpreterOperation } from '@flotilla/api/interpreter-operations'
import { createMergePatch } from '@flotilla/machinery/merge-patch'
import type { KubeObject } from '@flotilla/machinery/object'
import { withShare } from '../delivery/replicas.ts'
import { onHub } from '../interpreter/kind-rules.ts'
import { RuleFailure } from '../interpreter/rule-failure.ts'
import type { RuleLookup } from '../interpreter/rule-book.ts'
import { projectRow } from '../members/row.ts'
import { componentsOf } from '../policy/components.ts'
import { podTemplatesOf, referencesOf } from '../policy/pod-template.ts'
import { aggregateByRule, templateStatus } from '../status/template-status.ts'

export interface Interpretation {
  readonly operation: InterpreterOperation
  /** Name of the Interpreter; undefined: the hub knows it by itself. */
  readonly by?: string
  /** Undefined: nothing is known, or see `failure`. */
  readonly answer?: unknown
  readonly failure?: string
}

export interface Interpreted {
  /** The object on the hub, or on a member. */
  readonly object: KubeObject
  /** Copies on members, for `aggregation`. */
  readonly copies: readonly KubeObject[]
  /** The share that `revise` writes. */
  readonly share: number
  /** ms since 1970. */
  readonly now: number
}

/** Throws CelLoading while the engine is being loaded. */
export function interpret(
  operations: readonly InterpreterOperation[],
  given: Interpreted,
  rules: RuleLookup,
): readonly Interpretation[] {
  const known = rules.rulesFor(given.object)
  return operations.map((operation) => {
    const by = known?.interpreterOf(operation)
    return { operation, ...(by === undefined ? {} : { by }), ...answerOf(operation, given, rules) }
  })
}

function answerOf(
  operation: InterpreterOperation,
  given: Interpreted,
  rules: RuleLookup,
): Pick<Interpretation, 'answer' | 'failure'> {
  try {
    const answer = answers[operation](given, rules)
    return answer === undefined ? {} : { answer }
  } catch (error) {
    if (error instanceof RuleFailure) return { failure: error.message }
    throw error
  }
}

type Answer = (given: Interpreted, rules: RuleLookup) => unknown

const answers: Readonly<Record<InterpreterOperation, Answer>> = {
  replicas: ({ object }, rules) => componentsOf(object, rules).find(({ name }) => name === '')?.replicas,
  revise: revisionOf,
  requirement: ({ object }, rules) => componentsOf(object, rules).find(({ name }) => name === '')?.replicaRequirements,
  components: ({ object }, rules) => {
    const named = componentsOf(object, rules).filter(({ name }) => name !== '')
    return named.length === 0 && !rules.rulesFor(object)?.has('components') ? undefined : named
  },
  dependencies: dependenciesOf,
  retain: ({ object }, rules) => (rules.rulesFor(object)?.has('retain') ? rules.rulesFor(object)?.retained : undefined),
  health: ({ object, now }, rules) => {
    judge('health', object, rules)
    return projectRow(object, now, rules, onHub).health
  },
  completion: ({ object, now }, rules) => {
    judge('completion', object, rules)
    return projectRow(object, now, rules, onHub).isFinished
  },
  status: ({ object, now }, rules) => {
    judge('status', object, rules)
    return projectRow(object, now, rules, onHub).status
  },
  aggregation: aggregationOf,
}

/** Rows hide failures behind cautious answers: here they are shown. */
function judge(operation: 'health' | 'completion' | 'status', object: KubeObject, rules: RuleLookup): void {
  const known = rules.rulesFor(object)
  if (operation === 'health') known?.health(object, onHub)
  if (operation === 'completion') known?.isComplete(object, onHub)
  if (operation === 'status') known?.status(object, onHub)
}

function revisionOf({ object, share }: Interpreted, rules: RuleLookup): unknown {
  if (answers.replicas({ object, share, copies: [], now: 0 }, rules) === undefined) return undefined
  return createMergePatch({ ...object }, { ...withShare(object, { replicas: share }, rules) })
}

function dependenciesOf({ object }: Interpreted, rules: RuleLookup): unknown {
  const used = podTemplatesOf(object, rules).map(referencesOf)
  const named = (kind: string, sets: readonly ReadonlySet<string>[]) =>
    sets.flatMap((names) => [...names]).map((name) => ({ kind, name }))
  const all = [
    ...named(
      'ConfigMap',
      used.map(({ configMaps }) => configMaps),
    ),
    ...named(
      'Secret',
      used.map(({ secrets }) => secrets),
    ),
    ...named(
      'ServiceAccount',
      used.map(({ serviceAccounts }) => serviceAccounts),
    ),
    ...named(
      'PersistentVolumeClaim',
      used.map(({ persistentVolumeClaims }) => persistentVolumeClaims),
    ),
    ...(rules.rulesFor(object)?.dependencies(object) ?? []),
  ]
  return [...new Map(all.map((each) => [`${each.kind}/${each.name}`, each])).values()]
}

/** As if each copy were on a cluster of its own that answers and has the template as it is. */
function aggregationOf({ object, copies, now }: Interpreted, rules: RuleLookup): unknown {
  const seen = copies.map((copy, index) => {
    const cluster = `copy-${index + 1}`
    const row = projectRow(copy, now, rules, cluster)
    return { cluster, isReachable: true, row: { ...row, templateGeneration: object.metadata.generation } }
  })
  for (const copy of copies) rules.rulesFor(object)?.status(copy, onHub)
  return aggregateByRule(object, seen, rules) ?? templateStatus(object, seen, now, rules)
}
