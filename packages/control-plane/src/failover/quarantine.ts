// A cluster that keeps coming and going gets nothing new until a person has looked at it. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import { quarantineTaint } from '@flotilla/api/failover'
import type { Taint } from '@flotilla/api/selector'
import { lossesOf } from '../losses.ts'

/** Losses within an hour. */
const mostLosses = 3
/** What half of the fleet lost within this time of each other was the hub's own trouble. */
const togetherMs = 60_000

/** Only as it comes back: a person who has taken the taint off since means it. `now`: ms since 1970. */
export function needsQuarantine(cluster: Cluster, fleet: readonly Cluster[], now: number): boolean {
  const { spec, status } = cluster
  if (status?.health?.state !== 'Recovering') return false
  const losses = lossesOf(status.health, now)
  const isTainted = (spec.taints ?? []).some(({ key }) => key === quarantineTaint.key)
  if (isTainted || losses.length < mostLosses) return false
  return losses.filter((at) => !isShared(Date.parse(at), fleet)).length >= mostLosses
}

function isShared(at: number, fleet: readonly Cluster[]): boolean {
  const lost = fleet.filter(({ status }) =>
    (status?.health?.losses ?? []).some((other) => Math.abs(Date.parse(other) - at) <= togetherMs),
  )
  const isOwn = lost.length < 2 && fleet.length > 1
  return !isOwn && lost.length * 2 >= fleet.length
}

export function withQuarantine(taints: readonly Taint[] = [], timeAdded: string): readonly Taint[] {
  return [...taints, { ...quarantineTaint, timeAdded }]
}
