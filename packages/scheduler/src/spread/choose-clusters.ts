// Spreads copies, of which each cluster gets one: objects without replicas, and Duplicated.
import type { SpreadConstraint } from '@flotilla/api/placement'
import { costOfReplicas } from '../cost/objective.ts'
import { pricedStep } from '../candidate.ts'
import type { Judged } from '../judge.ts'
import { chooseForCopies } from './choose-units.ts'
import { explainSpread } from './explain-spread.ts'
import { type Level, nestLevels } from './nest.ts'
import type { Limit } from './reach.ts'
import { membersOf } from './spread.ts'

export interface ClusterChoice {
  readonly clusters: readonly Judged[]
  readonly unmet?: string
  /** Domains that are to have a copy and have none, of all constraints. */
  readonly missing: number
}

/**
 * Clusters of the domains that are used: those that have copies first, then most, then those that cost least, then by
 * `ties`. `replicas`: of each copy.
 */
export function chooseClusters(
  constraints: readonly SpreadConstraint[],
  replicas: number,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): ClusterChoice {
  const levels = nestLevels(
    constraints,
    feasible.map(({ cluster }) => cluster),
  )
  const offers = feasible.map(({ cluster, holding, costs }) => ({
    held: holding === undefined ? 0 : 1,
    room: 1,
    weight: 1,
    tie: ties.get(cluster.id) ?? 0,
    ...(costs === undefined ? {} : { steps: [pricedStep(0, costOfReplicas(costs, replicas))] }),
  }))
  const choice = chooseForCopies(levels, offers)
  const inUse = membersOf(choice)
  const counts = feasible.map((_, index) => (inUse.has(index) ? 1 : 0))
  const { limits } = choice.problem
  const outcome = { replicas: Infinity, levels, limits, offers, inUse, counts }
  const { unmet } = explainSpread(outcome, new Map())
  return {
    clusters: feasible.filter((_, index) => inUse.has(index)),
    ...(unmet === undefined ? {} : { unmet }),
    missing: missingGroups(levels, limits, inUse),
  }
}

function missingGroups(levels: readonly Level[], limits: readonly Limit[], inUse: ReadonlySet<number>): number {
  return levels.reduce((missing, { domains }, at) => {
    const used = domains.filter(({ members }) => members.some((member) => inUse.has(member))).length
    return missing + Math.max(0, (limits[at]?.least ?? 0) - used)
  }, 0)
}
