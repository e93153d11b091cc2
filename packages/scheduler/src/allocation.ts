// What a mode answers: replicas by cluster, and what it could not do as asked.
import type { Shortfall } from '@flotilla/api/resource-binding'
import type { Judged } from './judge.ts'

export interface Allocation {
  /** Replicas by cluster id; a cluster that is to hold the object with 0 replicas is in it, others are not. */
  readonly replicas: ReadonlyMap<string, number>
  readonly shortfall?: Shortfall
  /** Ids of clusters that would do but are in failure domains that are not used. */
  readonly unused?: ReadonlySet<string>
  /** Share by which a better choice of domains might exceed this one; none: there is none. */
  readonly gap?: number
  /** Nothing could be decided: what clusters hold stays, whatever speaks against them. */
  readonly isUndecided?: true
}

/** Names for a message: the first few and how many more. */
export function nameSome(texts: readonly string[], most = 5): string {
  const shown = texts.slice(0, most).join(', ')
  return texts.length > most ? `${shown} and ${texts.length - most} more` : shown
}

/** Says why a cluster may not grow, e.g. `eu-1 (NotReady) is kept at 3`, `eu-2 is full with 5`. */
export function describeLimit({ cluster, objections, limit }: Judged): string {
  if (objections.length === 0)
    return limit === 0 ? `${cluster.name} has no room` : `${cluster.name} is full with ${limit}`
  return `${cluster.name} (${objections.map((objection) => objection.filter).join(', ')}) is kept at ${limit}`
}
