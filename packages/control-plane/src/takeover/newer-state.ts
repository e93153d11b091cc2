// Whether a newer state of a hub wrote to a member than the hub itself has. Pure.
import { isOfPast, type HubPast } from '@flotilla/api/hub-past'
import type { SeenClaim } from '../cluster/health/hub-lease.ts'

/** That a hub has which was never taken over. */
const firstGeneration = 1

export function generationOf({ generation }: HubPast): number {
  return Math.max(firstGeneration, generation)
}

/** `seen`: a claim of this hub. */
export function isNewerState({ claim, mark }: SeenClaim, past: HubPast): boolean {
  const own = generationOf(past)
  if (claim.generation !== own) return claim.generation > own
  return mark !== undefined && !isOfPast(past, mark)
}
