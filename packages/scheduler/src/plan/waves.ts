// How a plan comes about: what runs where changes in waves, each once the one before is over.
import type { PlanStatus } from '@flotilla/api/plan'
import { compareText } from '../snapshot.ts'
import type { Fleet, Work } from './fleet.ts'

export type Wave = PlanStatus['waves'][number]

/** What runs of one work, by cluster id. */
interface Running {
  readonly work: Work
  readonly running: ReadonlyMap<string, number>
}

export interface Waves {
  readonly all: readonly Wave[]
  /** Takes in one step: the same works before and after, in the same order. */
  follow(before: readonly Running[], after: readonly Running[]): void
}

/** Clusters that are no longer there go by the names that decisions know them by. */
export function prepareWaves({ clusters, works }: Fleet): Waves {
  const decided = works.flatMap(({ request }) => request.previous?.clusters ?? [])
  const names = new Map([...decided, ...clusters].map(({ id, name }) => [id, name]))
  const all: Wave[] = []
  return {
    all,
    follow(before, after) {
      const moves = after.flatMap((each, index) => movesBetween(before[index], each, names))
      if (moves.length > 0) all.push({ moves })
    },
  }
}

function movesBetween(before: Running | undefined, after: Running, names: ReadonlyMap<string, string>): Wave['moves'] {
  if (before === undefined || before.running === after.running) return []
  const ids = new Set([...before.running.keys(), ...after.running.keys()])
  return [...ids]
    .map((id) => ({
      workload: after.work.workload,
      cluster: names.get(id) ?? id,
      from: before.running.get(id) ?? 0,
      to: after.running.get(id) ?? 0,
    }))
    .filter(({ from, to }) => from !== to)
    .sort((left, right) => compareText(left.cluster, right.cluster))
}
