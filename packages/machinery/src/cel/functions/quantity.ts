// Quantities in expressions, as Kubernetes' CEL library has them: `quantity("500m").isLessThan(quantity("1"))`.
import { celFunc, celMethod, CelScalar } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  quantityFrom,
  quantityToNumber,
  subtractQuantity,
} from '../../quantity.ts'
import type { Quantity } from '../../quantity.ts'
import { opaqueType } from '../opaque.ts'

const { BOOL, DOUBLE, DYN, INT, STRING } = CelScalar
const type = opaqueType<Quantity>('Quantity', {
  normal: ({ nanos }) => String(nanos),
  text: formatQuantity,
  compare: compareQuantity,
})
const nano = 1_000_000_000n

export const quantityFunctions: readonly CelFunc[] = [
  celFunc('quantity', [STRING], DYN, (text) => type.wrap(parseQuantity(text))),
  celFunc('isQuantity', [STRING], BOOL, isQuantity),
  celMethod('sign', DYN, [], INT, function () {
    const { nanos } = type.unwrap(this)
    return nanos === 0n ? 0n : nanos > 0n ? 1n : -1n
  }),
  celMethod('isInteger', DYN, [], BOOL, function () {
    return type.unwrap(this).nanos % nano === 0n
  }),
  celMethod('asInteger', DYN, [], INT, function () {
    const { nanos } = type.unwrap(this)
    if (nanos % nano !== 0n) throw new Error('cannot convert value to integer')
    return nanos / nano
  }),
  celMethod('asApproximateFloat', DYN, [], DOUBLE, function () {
    return quantityToNumber(type.unwrap(this))
  }),
  arithmetic('add', addQuantity),
  arithmetic('sub', subtractQuantity),
]

/** The other side is a quantity or an int. */
function arithmetic(name: string, apply: (left: Quantity, right: Quantity) => Quantity): CelFunc {
  return celMethod(name, DYN, [DYN], DYN, function (other) {
    const right = typeof other === 'bigint' ? quantityFrom(other) : type.unwrap(other)
    return type.wrap(apply(type.unwrap(this), right))
  })
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}
