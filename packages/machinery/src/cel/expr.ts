// The parts of a parsed expression.
import type { parse } from '@bufbuild/cel'

export type Expr = NonNullable<ReturnType<typeof parse>['expr']>

/** The expressions directly inside `expr`. */
export function childrenOf({ exprKind }: Expr): readonly Expr[] {
  switch (exprKind.case) {
    case 'selectExpr':
      return present([exprKind.value.operand])
    case 'callExpr':
      return present([exprKind.value.target, ...exprKind.value.args])
    case 'listExpr':
      return exprKind.value.elements
    case 'structExpr':
      return present(exprKind.value.entries.flatMap(({ keyKind, value }) => [mapKey(keyKind), value]))
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value
      return present([iterRange, accuInit, loopCondition, loopStep, result])
    }
    default:
      return []
  }
}

type KeyKind = Extract<Expr['exprKind'], { case: 'structExpr' }>['value']['entries'][number]['keyKind']

function mapKey(kind: KeyKind): Expr | undefined {
  return kind.case === 'mapKey' ? kind.value : undefined
}

function present(parts: readonly (Expr | undefined)[]): readonly Expr[] {
  return parts.filter((part) => part !== undefined)
}
