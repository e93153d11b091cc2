// A function of ours, on plain JSON, as one that expressions call.
import { celFunc, CelScalar } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import type { JsonCall } from '../program.ts'
import { fromCel, toCel } from '../values.ts'

/** With as many arguments as `call` names. */
export function jsonFunction(name: string, call: JsonCall): CelFunc {
  const types = Array.from({ length: call.length }, () => CelScalar.DYN)
  return celFunc(
    name,
    types,
    CelScalar.DYN,
    (...values) => toCel(call(...values.map((each) => fromCel(each)))) as never,
  )
}
