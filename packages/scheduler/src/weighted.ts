// Weighted, static: in proportion to the weights of a list, each cluster within its bounds.
import type { StaticWeight } from '@flotilla/api/placement'
import { type Candidate, stepsAt } from './candidate.ts'
import type { Judged } from './judge.ts'
import { prepareWeights } from './weights.ts'

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
    return { judged, share, held: 0, levels, isUsable, most: asked.max }
  })
}
