// Who gives way: nobody more important than must be, and nobody whose room is not needed. Pure.
import { compareText } from '../snapshot.ts'
import type { Ceded, RoomAfter } from './freed.ts'

export interface Candidate {
  readonly key: string
  readonly priority: number
  /** Replicas that it may give up. */
  readonly most: number
}

/**
 * The fewest priorities from the lowest up that make room for `wanted` replicas; of those all at first, then as many as
 * possible are given back, to the most important first. Undefined where all together are too few. The same in whatever
 * order candidates come.
 */
export function chooseVictims(
  candidates: readonly Candidate[],
  wanted: number,
  roomAfter: RoomAfter,
): Ceded | undefined {
  const ranked = candidates
    .filter(({ most }) => most > 0)
    .sort((one, other) => other.priority - one.priority || compareText(one.key, other.key))
  const levels = [...new Set(ranked.map(({ priority }) => priority))].reverse()
  const upTo = (level: number) => ranked.filter(({ priority }) => priority <= level)
  const level = levels.find((each) => roomAfter(allOf(upTo(each))) >= wanted)
  if (level === undefined) return undefined
  const ceded = new Map(allOf(upTo(level)))
  for (const { key, most } of upTo(level)) {
    const fewest = leastThat((replicas) => roomAfter(withCeded(ceded, key, replicas)) >= wanted, most)
    if (fewest === 0) ceded.delete(key)
    else ceded.set(key, fewest)
  }
  return ceded
}

function allOf(candidates: readonly Candidate[]): Ceded {
  return new Map(candidates.map(({ key, most }) => [key, most]))
}

function withCeded(ceded: Ceded, key: string, replicas: number): Ceded {
  const others = [...ceded].filter(([other]) => other !== key)
  return new Map(replicas === 0 ? others : [...others, [key, replicas]])
}

/** The least number up to `most`, which suffices, that does. */
function leastThat(suffices: (count: number) => boolean, most: number): number {
  let [low, high] = [0, most]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (suffices(middle)) high = middle
    else low = middle + 1
  }
  return low
}
