// How many replicas every domain in use may be asked to have, where none may differ by more than a skew. Among such
// floors what can be placed rises and then falls, and what it costs falls and then rises: so they are found by halving.
import { type Limit, type Reach, unmetGroups } from './reach.ts'

/** Floors `from` to `to`, both included. */
export interface Floors {
  readonly from: number
  readonly to: number
}

/** The floors by which fewest domains go without that are to have a replica, and of those, most have a place. */
export function bestFloors(replicas: number, limits: readonly Limit[], reachAt: (floor: number) => Reach): Floors {
  if (limits.every(({ maxSkew }) => maxSkew === Infinity)) return { from: 0, to: 0 }
  const isTooHigh = (floor: number) => {
    const { low, isPossible } = reachAt(floor)
    return !isPossible || low > replicas
  }
  const all = { from: 0, to: firstWhere(0, replicas, (floor) => isTooHigh(floor + 1)) }
  const met = narrow(all, (floor) => unmetGroups(replicas, reachAt(floor), limits))
  return narrow(met, (floor) => -Math.min(replicas, reachAt(floor).high))
}

/** Those of the least score, which falls, then stays, then rises. */
function narrow({ from, to }: Floors, scoreOf: (floor: number) => number): Floors {
  const first = firstWhere(from, to, (floor) => scoreOf(floor) <= scoreOf(floor + 1))
  const least = scoreOf(first)
  return { from: first, to: firstWhere(first, to, (floor) => scoreOf(floor + 1) > least) }
}

/** The first of `low` to `high` that holds, where all after one that holds do too; `high` if none does. */
export function firstWhere(low: number, high: number, holds: (value: number) => boolean): number {
  let [first, last] = [low, high]
  while (first < last) {
    const middle = Math.floor((first + last) / 2)
    if (holds(middle)) last = middle
    else first = middle + 1
  }
  return first
}
