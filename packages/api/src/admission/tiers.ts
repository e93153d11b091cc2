// Rules for tiers of clusters.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden } from '@flotilla/machinery/field-error'
import type { Placement } from '../placement.ts'
import type { Tier } from '../selector.ts'
import { duplicates, each } from './rule.ts'
import { checkAffinity } from './selectors.ts'

export function checkTiers(
  field: string,
  tiers: readonly Tier[] | undefined,
  { clusterAffinity, spreadConstraints = [], replicaScheduling }: Placement,
): readonly StatusCause[] {
  if (tiers === undefined || tiers.length === 0) return []
  const isCounts = replicaScheduling?.replicaDivisionPreference === 'Counts'
  const refusals = [
    ...(clusterAffinity === undefined
      ? []
      : ['not together with clusterAffinity: each tier has an affinity of its own; leave one of them out']),
    ...(spreadConstraints.every(({ maxSkew }) => maxSkew === undefined)
      ? []
      : [
          'not together with maxSkew of spreadConstraints, which evens out what tiers would have uneven: leave one of the two out, or bound domains by maxSharePercent',
        ]),
    ...(isCounts
      ? ['contradicts replicaDivisionPreference Counts, which says the clusters itself: leave one of them out']
      : []),
  ]
  const names = tiers.map(({ affinityName }) => affinityName)
  return [
    ...refusals.map((refusal) => fieldForbidden(field, refusal)),
    ...duplicates(field, names, '.affinityName'),
    ...each(field, tiers, (tier, path) => checkAffinity(path, tier)),
  ]
}
