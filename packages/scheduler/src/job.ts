// Jobs: completions are divided in step with parallelism, so that every cluster that runs pods has work for them.
import { divideReplicas } from './divide.ts'
import type { Holding } from './holding.ts'

/** Parallelism that can be of use: no more pods at once than completions. */
export function usefulParallelism(parallelism: number, completions: number): number {
  return Math.min(parallelism, completions)
}

/**
 * Completions by cluster id: in proportion to `parallelism`, at least one per pod that runs at once. A division
 * that is already out stays while its clusters do: members cannot change the completions of a Job.
 */
export function divideCompletions(
  completions: number,
  parallelism: ReadonlyMap<string, number>,
  holdings: ReadonlyMap<string, Holding>,
  ties: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const ids = [...parallelism.keys()]
  const before = ids.map((id) => holdings.get(id)?.entry.completions)
  const isOut = before.every((count) => count !== undefined) && sum(before) === completions
  const isIdle = sum([...parallelism.values()]) === 0
  const divided = isOut
    ? before
    : divideReplicas(
        completions,
        ids.map((id) => {
          const replicas = parallelism.get(id) ?? 0
          return { weight: isIdle ? 1 : replicas, min: replicas, max: Infinity, tie: ties.get(id) ?? 0 }
        }),
      )
  return new Map(ids.map((id, index) => [id, divided[index] ?? 0]))
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? 0), 0)
}
