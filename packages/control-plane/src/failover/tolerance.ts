// How long the workloads of a policy bear a NoExecute taint. Pure.
import type { Taint, Toleration } from '@flotilla/api/selector'
import { isTolerated } from '@flotilla/scheduler/toleration'

/** Seconds, 0: not at all, Infinity: for ever. The shortest of the tolerations that match counts. */
export function toleratedSeconds(taint: Taint, tolerations: readonly Toleration[] = []): number {
  const matching = tolerations.filter((toleration) => isTolerated(taint, [toleration]))
  if (matching.length === 0) return 0
  return Math.min(...matching.map(({ tolerationSeconds = Number.POSITIVE_INFINITY }) => tolerationSeconds))
}
