// Kubernetes' functions of lists, and three of CEL's own that rules often need.
import { celList, celMethod, CelScalar, listType } from '@bufbuild/cel'
import type { CelFunc, CelList, CelValue } from '@bufbuild/cel'
import { compareOpaque } from '../opaque.ts'
import { normalOf } from '../values.ts'

const { BOOL, DYN, INT } = CelScalar
const list = listType(DYN)

export const listFunctions: readonly CelFunc[] = [
  celMethod('isSorted', list, [], BOOL, function () {
    const items = [...this]
    return items.every((item, index) => index === 0 || compare(items[index - 1] as CelValue, item) <= 0)
  }),
  celMethod('sum', list, [], DYN, function () {
    return sum([...this]) as never
  }),
  extreme('min', -1),
  extreme('max', 1),
  celMethod('indexOf', list, [DYN], INT, function (value) {
    return BigInt(normals(this).indexOf(normalOf(value)))
  }),
  celMethod('lastIndexOf', list, [DYN], INT, function (value) {
    return BigInt(normals(this).lastIndexOf(normalOf(value)))
  }),
  celMethod('distinct', list, [], list, function () {
    const first = new Map([...this].toReversed().map((item) => [normalOf(item), item]))
    return celList([...first.values()].toReversed() as never)
  }),
  celMethod('sort', list, [], list, function () {
    return celList([...this].toSorted(compare) as never)
  }),
  celMethod('flatten', list, [], list, function () {
    return celList([...this].flatMap((item) => (isList(item) ? [...item] : [item])) as never)
  }),
]

function extreme(name: string, sign: 1 | -1): CelFunc {
  return celMethod(name, list, [], DYN, function () {
    const items = [...this]
    if (items.length === 0) throw new Error(`${name} called on empty list`)
    return items.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best)) as never
  })
}

function sum(items: readonly CelValue[]): number | bigint {
  if (items.every((item) => typeof item === 'bigint')) return items.reduce((total, item) => total + item, 0n)
  if (items.every((item) => typeof item === 'number')) return items.reduce((total, item) => total + item, 0)
  throw new Error('sum() needs numbers of one type')
}

/** The order of two values of one type. Throws for types that have none. */
function compare(left: CelValue, right: CelValue): number {
  if (typeof left === 'object' && left !== null) return compareOpaque(left, right)
  if (left === null || right === null || typeof left !== typeof right)
    throw new Error('values of one type have an order')
  return left < right ? -1 : left > right ? 1 : 0
}

function normals(values: CelList): readonly string[] {
  return [...values].map(normalOf)
}

function isList(value: CelValue): value is CelList {
  return typeof value === 'object' && value !== null && 'get' in value && 'size' in value && !('keys' in value)
}
