// Weighted, static: in proportion to the weights of a list, each cluster within its bounds.
import type { StaticWeight } from '@flotilla/api/placement'
import { describeLimit } from './allocation.ts'
import { type Candidate, stepsAt } from './candidate.ts'
import type { Judged } from './judge.ts'
import { type ClusterWeight, prepareWeights } from './weights.ts'

export function weighByList(
  list: readonly StaticWeight[] | undefined,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): readonly Candidate[] {
  const weightOf = prepareWeights(list)
  return feasible.map((judged) => {
    const asked = weightOf(judged.cluster)
    const max = Math.min(asked.max, judged.limit)
    const tie = ties.get(judged.cluster.id) ?? 0
    const share = { weight: asked.weight, min: Math.min(asked.min, max), max, tie, steps: stepsAt(judged.tier) }
    const isUsable = asked.weight > 0 || asked.min > 0
    const levels = { held: judged.tier, growth: judged.tier }
    return { judged, share, held: 0, levels, isUsable, describeBound: () => describeBound(judged, asked) }
  })
}

/** Clusters that are there only for others' sake (weight 0, no bounds) say so. */
function describeBound(judged: Judged, asked: ClusterWeight): string {
  const { name } = judged.cluster
  if (judged.limit < asked.max) return describeLimit(judged)
  if (asked.max < Number.POSITIVE_INFINITY) return `${name} takes at most ${asked.max} (maxReplicas)`
  return `${name} has weight ${asked.weight}`
}
