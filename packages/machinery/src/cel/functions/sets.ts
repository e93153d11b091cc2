// Lists as sets: `sets.contains(["a", "b"], ["a"])`.
import { celFunc, CelScalar, listType } from '@bufbuild/cel'
import type { CelFunc, CelList } from '@bufbuild/cel'
import { normalOf } from '../values.ts'

const { BOOL, DYN } = CelScalar
const list = listType(DYN)

export const setFunctions: readonly CelFunc[] = [
  relation('sets.contains', (left, right) => [...right].every((item) => left.has(item))),
  relation('sets.equivalent', (left, right) => left.size === right.size && [...right].every((item) => left.has(item))),
  relation('sets.intersects', (left, right) => [...right].some((item) => left.has(item))),
]

function relation(name: string, holds: (left: ReadonlySet<string>, right: ReadonlySet<string>) => boolean): CelFunc {
  return celFunc(name, [list, list], BOOL, (left, right) => holds(setOf(left), setOf(right)))
}

function setOf(values: CelList): ReadonlySet<string> {
  return new Set([...values].map(normalOf))
}
