// A value that may be missing, as `validate()` answers with.
import { celMethod, CelScalar } from '@bufbuild/cel'
import type { CelFunc, CelValue } from '@bufbuild/cel'
import { opaqueType } from '../opaque.ts'
import { normalOf } from '../values.ts'

const { BOOL, DYN } = CelScalar

export const optional = opaqueType<CelValue | undefined>('optional', {
  normal: (value) => (value === undefined ? 'none' : `of ${normalOf(value)}`),
})

export const optionalFunctions: readonly CelFunc[] = [
  celMethod('hasValue', DYN, [], BOOL, function () {
    return optional.unwrap(this) !== undefined
  }),
  celMethod('value', DYN, [], DYN, function () {
    const value = optional.unwrap(this)
    if (value === undefined) throw new Error('optional.none() has no value')
    return value as never
  }),
  celMethod('orValue', DYN, [DYN], DYN, function (other) {
    return (optional.unwrap(this) ?? other) as never
  }),
]
