// Names that an expression uses and nothing gives it: said when it is compiled, not when it first runs.
import { childrenOf } from './expr.ts'
import type { Expr } from './expr.ts'

/** Types that expressions may name, as in `type(x) == int`. */
const types = new Set(['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'])
/** What the engine evaluates itself. */
const operators = new Set(['_[_]', '_?_:_', '_&&_', '_||_', '@not_strictly_false', '__not_strictly_false__'])

/** Throws an Error that names the first name or function which is not known. */
export function checkNames(expr: Expr, variables: ReadonlySet<string>, isFunction: (name: string) => boolean): void {
  const { exprKind } = expr
  if (exprKind.case === 'identExpr') return checkVariable(exprKind.value.name, variables)
  if (exprKind.case === 'callExpr') {
    const { target, function: name } = exprKind.value
    const namespaced = target?.exprKind.case === 'identExpr' ? `${target.exprKind.value.name}.${name}` : undefined
    if (namespaced !== undefined && isFunction(namespaced)) {
      for (const argument of exprKind.value.args) checkNames(argument, variables, isFunction)
      return
    }
    if (!operators.has(name) && !isFunction(name)) throw new Error(`there is no function ${name}()`)
  }
  const inside = exprKind.case === 'comprehensionExpr' ? withLoop(exprKind.value, variables) : variables
  const range = exprKind.case === 'comprehensionExpr' ? exprKind.value.iterRange : undefined
  for (const child of childrenOf(expr)) checkNames(child, child === range ? variables : inside, isFunction)
}

function checkVariable(name: string, variables: ReadonlySet<string>): void {
  if (variables.has(name) || types.has(name)) return
  throw new Error(`there is no variable ${name}; there are ${[...variables].filter(isShown).sort().join(', ')}`)
}

function isShown(name: string): boolean {
  return !name.startsWith('@')
}

function withLoop(
  { iterVar, accuVar }: { readonly iterVar: string; readonly accuVar: string },
  variables: ReadonlySet<string>,
): ReadonlySet<string> {
  return new Set([...variables, iterVar, accuVar])
}
