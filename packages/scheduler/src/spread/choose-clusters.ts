// Spreads copies, of which each cluster gets one: objects without replicas, and Duplicated.
import type { SpreadConstraint } from '@flotilla/api/placement'
import type { Judged } from '../judge.ts'
import { chooseForCopies } from './choose-units.ts'
import { explainSpread } from './explain-spread.ts'
import { nestLevels } from './nest.ts'
import { membersOf } from './spread.ts'

export interface ClusterChoice {
  readonly clusters: readonly Judged[]
  readonly unmet?: string
}

/** Clusters of the domains that are used: those that have copies first, then most, then by `ties`. */
export function chooseClusters(
  constraints: readonly SpreadConstraint[],
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): ClusterChoice {
  const levels = nestLevels(
    constraints,
    feasible.map(({ cluster }) => cluster),
  )
  const offers = feasible.map(({ cluster, holding }) => {
    return { held: holding === undefined ? 0 : 1, room: 1, weight: 1, tie: ties.get(cluster.id) ?? 0 }
  })
  const choice = chooseForCopies(levels, offers)
  const inUse = membersOf(choice)
  const counts = feasible.map((_, index) => (inUse.has(index) ? 1 : 0))
  const { limits } = choice.problem
  const outcome = { replicas: Infinity, levels, limits, offers, inUse, counts }
  const { unmet } = explainSpread(outcome, new Map())
  return { clusters: feasible.filter((_, index) => inUse.has(index)), ...(unmet === undefined ? {} : { unmet }) }
}
