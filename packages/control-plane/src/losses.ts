// When a cluster was lost lately. Pure.
import type { ClusterHealth } from '@flotilla/api/cluster'

const hourMs = 3_600_000

/** Times of losses within the last hour, RFC 3339; none of a clock that was put back since. `now`: ms since 1970. */
export function lossesOf(health: ClusterHealth | undefined, now: number): readonly string[] {
  return (health?.losses ?? []).filter((at) => Math.abs(now - Date.parse(at)) < hourMs)
}
