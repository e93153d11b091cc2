// partialPlacement: Deny. Where not everything has a place nothing is added, and what is there stays.
import { modeOf } from '@flotilla/api/placement'
import type { Allocation } from './allocation.ts'
import { wantedReplicas } from './allocate.ts'
import { heldBy } from './candidate.ts'
import { divideReplicas } from './divide.ts'
import type { Judged } from './judge.ts'
import type { ScheduleRequest } from './request.ts'

/** `allocation` itself where partial placement is allowed or everything has a place. */
export function holdBack(
  allocation: Allocation,
  request: ScheduleRequest,
  feasible: readonly Judged[],
  ties: ReadonlyMap<string, number>,
): Allocation {
  const { shortfall, ...rest } = allocation
  const wanted = wantedReplicas(request)
  const isAllowed = request.placement.partialPlacement !== 'Deny' || rest.isUndecided
  if (isAllowed || !shortfall?.missingReplicas || wanted === undefined) {
    return allocation
  }
  const holding = feasible.filter((judged) => judged.holding !== undefined)
  const isEach = modeOf(request.placement.replicaScheduling) === 'Duplicated'
  const counts = isEach ? holding.map((judged) => Math.min(heldBy(judged), wanted)) : keep(wanted, holding, ties)
  const kept = new Map(holding.map(({ cluster }, index) => [cluster.id, counts[index] ?? 0]))
  const missingReplicas = isEach
    ? sum([...rest.replicas.keys()].map((id) => wanted - (kept.get(id) ?? 0)))
    : wanted - sum(counts)
  const message = `partialPlacement is Deny, so nothing is added: ${shortfall.message}`
  return { ...rest, replicas: kept, shortfall: { reason: 'PartialPlacementDenied', message, missingReplicas } }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** What is held, or of that as much as is still wanted. */
function keep(wanted: number, holding: readonly Judged[], ties: ReadonlyMap<string, number>): readonly number[] {
  return divideReplicas(
    wanted,
    holding.map((judged) => {
      const held = heldBy(judged)
      return { weight: held, min: 0, max: held, tie: ties.get(judged.cluster.id) ?? 0 }
    }),
  )
}
