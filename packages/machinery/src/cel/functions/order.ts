// What all values with an order share: quantities, semantic versions.
import { celFunc, celMethod, CelScalar } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import { compareOpaque, textOfOpaque } from '../opaque.ts'

const { BOOL, DYN, INT, STRING } = CelScalar

export const orderFunctions: readonly CelFunc[] = [
  celMethod('isLessThan', DYN, [DYN], BOOL, function (other) {
    return compareOpaque(this, other) < 0
  }),
  celMethod('isGreaterThan', DYN, [DYN], BOOL, function (other) {
    return compareOpaque(this, other) > 0
  }),
  celMethod('compareTo', DYN, [DYN], INT, function (other) {
    return BigInt(Math.sign(compareOpaque(this, other)))
  }),
  celFunc('string', [DYN], STRING, (value) => {
    const text = textOfOpaque(value)
    if (text === undefined) throw new Error('no such overload: string() of this value')
    return text
  }),
]
