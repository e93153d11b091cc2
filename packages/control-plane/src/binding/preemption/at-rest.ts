// Whether what was decided has come to pass, so that what has no place can be told from what is on its way. Pure.
import type { Binding } from '../../hub.ts'
import { growingOn } from '../scheduler/reservations.ts'

/** All that was decided is there, and nothing else is under way. */
export function isAtRest(binding: Binding): boolean {
  const { decision, rebalance, removals = [] } = binding.spec
  if (decision === undefined || rebalance !== undefined || removals.length > 0) return false
  const isSeen = binding.status?.decisionHash === decision.forHash
  const isMoving = decision.clusters.some(({ from }) => from !== undefined)
  return isSeen && !isMoving && [...growingOn(binding, decision).values()].every(({ growing }) => growing === 0)
}

/** At rest, and some of it has no place. */
export function isShort(binding: Binding): boolean {
  return (binding.spec.decision?.shortfall?.missingReplicas ?? 0) > 0 && isAtRest(binding)
}
