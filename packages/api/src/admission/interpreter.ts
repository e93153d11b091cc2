// Rules for Interpreter: every expression compiles, and nothing is accepted that would not be acted on.
import { builtinResources } from '@flotilla/machinery/builtin-kinds'
import { CelLoading } from '@flotilla/machinery/cel/program'
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { checkDns1123Subdomain } from '@flotilla/machinery/names'
import { group as ourGroup } from '../group.ts'
import { type InterpreterOperation, interpreterOperations } from '../interpreter-operations.ts'
import type { Interpreter, InterpreterSpec } from '../interpreter.ts'
import { compileRule } from '../interpreter-expression.ts'
import { checkFieldPath } from './field-path.ts'
import { each, invalid, type Rule } from './rule.ts'

export const checkInterpreter: Rule<Interpreter> = ({ spec }) => {
  const { target, replicas, requirement, retain } = spec
  return [
    ...checkTarget(target),
    ...checkSaysSomething(spec),
    ...(replicas ? checkEither('spec.replicas', replicas) : []),
    ...(requirement ? checkEither('spec.requirement', requirement) : []),
    ...checkTogether(spec),
    ...each('spec.retain.fields', retain?.fields, checkRetained),
    ...interpreterOperations.flatMap((operation) => checkExpression(operation, spec)),
  ]
}

function checkTarget({ group, kind }: InterpreterSpec['target']): readonly StatusCause[] {
  const field = 'spec.target.group'
  if (group === ourGroup || group.endsWith(`.${ourGroup}`)) {
    return [fieldForbidden(field, `objects of ${group} are never sent to clusters`)]
  }
  if (!/^[A-Z][A-Za-z0-9]*$/.test(kind))
    return [fieldInvalid('spec.target.kind', kind, 'must be a kind such as Workflow')]
  return group === '' ? [] : invalid(field, group, checkDns1123Subdomain(group))
}

function checkSaysSomething(spec: InterpreterSpec): readonly StatusCause[] {
  const isEmpty = interpreterOperations.every((operation) => spec[operation] === undefined)
  return isEmpty ? [fieldRequired('spec', `say at least one of ${interpreterOperations.join(', ')}`)] : []
}

/** Of a path and an expression, just one. */
function checkEither(
  field: string,
  rule: { readonly path?: string; readonly expression?: string; readonly default?: number },
): readonly StatusCause[] {
  if ((rule.path === undefined) === (rule.expression === undefined)) {
    return [fieldRequired(field, 'say either path or expression')]
  }
  if (rule.path === undefined) {
    return rule.default === undefined ? [] : [fieldForbidden(`${field}.default`, 'goes with path only')]
  }
  const isPath = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(rule.path)
  return isPath ? [] : [fieldInvalid(`${field}.path`, rule.path, 'must be a path such as spec.replicas')]
}

/** Operations of which the hub reads built-in kinds itself. */
const readItself = ['replicas', 'revise', 'requirement', 'components', 'completion', 'status', 'aggregation'] as const

let builtin: ReadonlySet<string> | undefined

function isBuiltin({ group, kind }: InterpreterSpec['target']): boolean {
  builtin ??= new Set(builtinResources().map((each) => `${each.group}/${each.kind}`))
  return builtin.has(`${group}/${kind}`)
}

function checkTogether(spec: InterpreterSpec): readonly StatusCause[] {
  const { replicas, revise, components, target } = spec
  const hasExpression = replicas?.expression !== undefined
  const own = isBuiltin(target) ? readItself.filter((operation) => spec[operation] !== undefined) : []
  return [
    ...own.map((operation) => fieldForbidden(`spec.${operation}`, `the hub reads ${target.kind} itself; leave it out`)),
    ...(components && replicas ? [fieldForbidden('spec.components', 'what goes whole has no replicas to divide')] : []),
    ...(hasExpression && !revise ? [fieldRequired('spec.revise', 'says how a share of replicas is written')] : []),
    ...(revise && !hasExpression ? [fieldForbidden('spec.revise', 'goes with replicas.expression only')] : []),
  ]
}

/** What names an object, and what its server alone writes, cannot be left to members. */
function checkRetained(path: string, field: string): readonly StatusCause[] {
  const isOurs = /^(apiVersion|kind|status|metadata(\.(?!labels|annotations).*)?)$/.test(path)
  return isOurs ? [fieldInvalid(field, path, 'must be below spec, labels or annotations')] : checkFieldPath(path, field)
}

function checkExpression(operation: InterpreterOperation, spec: InterpreterSpec): readonly StatusCause[] {
  const rule = spec[operation]
  const expression = rule && 'expression' in rule ? rule.expression : undefined
  if (expression === undefined) return []
  try {
    compileRule(operation, expression)
    return []
  } catch (error) {
    if (error instanceof CelLoading || !(error instanceof Error)) throw error
    return [fieldInvalid(`spec.${operation}.expression`, shortened(expression), error.message)]
  }
}

function shortened(expression: string): string {
  return expression.length > 100 ? `${expression.slice(0, 99)}…` : expression
}
