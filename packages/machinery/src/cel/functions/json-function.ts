// A function of ours, on plain JSON, as one that expressions call.
import { celFunc, CelScalar } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import { fromCel, toCel } from '../values.ts'

export function jsonFunction(name: string, call: (argument: unknown) => unknown): CelFunc {
  return celFunc(name, [CelScalar.DYN], CelScalar.DYN, (argument) => toCel(call(fromCel(argument))) as never)
}
