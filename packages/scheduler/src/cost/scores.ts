// What an external scorer says of clusters: data of a decision like any other, asked for before it is made.
import type { Placement } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'

/** By name of cluster. Of what is missing nothing is known. */
export interface Scores {
  /** Name of the Scorer. */
  readonly scorer: string
  /** Currency per replica and hour. */
  readonly costs: ReadonlyMap<string, number>
  /** Why nothing may be added there. */
  readonly refusals: ReadonlyMap<string, string>
  /** Why it has said nothing. */
  readonly failure?: string
}

/** Reason of the shortfall where nothing is decided for want of an answer. */
export const scorerFailed = 'ScorerFailed'
/** Name of the filter that passes on what a scorer refuses. */
export const scorerFilter = 'Scorer'

/** Why nothing may be decided: the policy does not go on without an answer, and there is none. */
export function whatScorerBlocks({ objective }: Placement, scores: Scores | undefined): string | undefined {
  if (objective?.external?.failurePolicy !== 'Fail' || scores?.failure === undefined) return undefined
  return `nothing is decided without an answer: ${scores.failure}`
}

/** What the scorer said for `decision`, of the clusters that it tells of: for whoever foretells or explains and cannot ask. */
export function recordedScores({ objective }: Placement, decision: Decision | undefined): Scores | undefined {
  const scorer = objective?.external?.scorer
  if (scorer === undefined || decision?.explanation.scorer?.name !== scorer) return undefined
  const costs = new Map<string, number>()
  const refusals = new Map<string, string>()
  for (const { name, costs: terms, reasons = [] } of decision.explanation.clusters) {
    const refusal = reasons.find(({ filter }) => filter === scorerFilter)
    if (terms?.external !== undefined) costs.set(name, terms.external)
    if (refusal !== undefined) refusals.set(name, refusal.message)
  }
  return { scorer, costs, refusals }
}
