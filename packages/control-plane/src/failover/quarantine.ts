// A cluster that keeps coming and going gets nothing new until a person has looked at it. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import { quarantineTaint } from '@flotilla/api/failover'
import type { Taint } from '@flotilla/api/selector'
import { lossesOf } from '../cluster/health/availability.ts'

/** Losses within an hour. */
const mostLosses = 3

/** Only as it comes back: a person who has taken the taint off since means it. `now`: ms since 1970. */
export function needsQuarantine({ spec, status }: Cluster, now: number): boolean {
  if (status?.health?.state !== 'Recovering') return false
  const isTainted = (spec.taints ?? []).some(({ key }) => key === quarantineTaint.key)
  return !isTainted && lossesOf(status.health, now).length >= mostLosses
}

export function withQuarantine(taints: readonly Taint[] = [], timeAdded: string): readonly Taint[] {
  return [...taints, { ...quarantineTaint, timeAdded }]
}
