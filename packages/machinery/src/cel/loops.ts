// Loops that end and that do not slow down: every turn pays for what it may evaluate, and results grow in place (the
// engine chains one list to the other, which overflows the stack after some thousands).
import { celFunc, celList, CelScalar, listType, parse } from '@bufbuild/cel'
import type { CelFunc, CelList, CelValue } from '@bufbuild/cel'
import { childrenOf } from './expr.ts'
import type { Expr } from './expr.ts'

const withinFunction = 'flotillaWithinBudget'
/** Adds to the list that a loop makes; nobody else can see that list yet. */
export const appendFunction = 'flotillaAppend'

const { BOOL, DYN, INT } = CelScalar
const list = listType(DYN)
const growing = new WeakMap<object, CelValue[]>()

/** The functions that rewritten loops call; `pay` says whether the budget still holds. */
export function loopFunctions(pay: (steps: number) => boolean): readonly CelFunc[] {
  return [
    celFunc(withinFunction, [INT], BOOL, (steps) => pay(Number(steps))),
    celFunc(appendFunction, [list, list], list, (made, more) => append(made, more) as never),
  ]
}

function append(made: CelList, more: CelList): CelList {
  const items = growing.get(made)
  if (items) {
    items.push(...more)
    return made
  }
  const started = [...made, ...more]
  const result = celList(started as never)
  growing.set(result, started)
  return result
}

/** Rewrites the loops of `expr`, in place; gives the number of its parts. */
export function rewriteLoops(expr: Expr): number {
  const size = childrenOf(expr).reduce((sum, child) => sum + rewriteLoops(child), 1)
  if (expr.exprKind.case === 'comprehensionExpr') {
    const loop = expr.exprKind.value
    loop.loopCondition = conjunction(size, loop.loopCondition)
    if (loop.loopStep) growInPlace(loop.loopStep, loop.accuVar)
  }
  return size
}

/** `within(steps) && condition`. */
function conjunction(steps: number, condition: Expr | undefined): Expr {
  const guard = parse(`${withinFunction}(${steps}) && true`).expr
  if (guard?.exprKind.case !== 'callExpr' || !condition) throw new Error('a loop has no condition')
  const [within] = guard.exprKind.value.args
  guard.exprKind.value.args = within ? [within, condition] : []
  return guard
}

/** Steps are `made + [item]`, or that under a condition. */
function growInPlace(step: Expr, accumulator: string): void {
  if (step.exprKind.case !== 'callExpr') return
  const call = step.exprKind.value
  const [first] = call.args
  if (call.function === '_?_:_') return call.args.forEach((branch) => growInPlace(branch, accumulator))
  const isAccumulator = first?.exprKind.case === 'identExpr' && first.exprKind.value.name === accumulator
  if (call.function === '_+_' && isAccumulator) call.function = appendFunction
}
