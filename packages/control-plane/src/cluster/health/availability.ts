// Healthy → Suspect → Unreachable → Failed → Recovering → Healthy: what failover goes by. Pure: the controller observes
// and writes.
import type { ClusterHealth } from '@flotilla/api/cluster'
import { timestamp } from '@flotilla/runtime/timestamp'
import { lossesOf } from '../../losses.ts'

/** What probes without an answer add up to. */
export interface Silence {
  /** In a row. */
  readonly misses: number
  /** Milliseconds, only of time in which we did probe: neither our own downtime nor a machine that slept counts. */
  readonly lastedMs: number
  /** Monotonic ms of the last probe. */
  readonly probedAt: number
}

export type Observation =
  | { readonly kind: 'answered' }
  | {
      readonly kind: 'silent'
      readonly silence: Silence
      /** Another way to the member has had an answer meanwhile. */
      readonly isDisputed: boolean
    }

export interface AvailabilityOptions {
  /** Misses in a row after which the member is Unreachable. */
  readonly missesUntilUnknown: number
  /** Milliseconds of silence after which it is Failed, the first time. */
  readonly notReadyAfterMs: number
}

/** One miss alone is nothing that is worth a write. */
const missesUntilSuspect = 2
const hourMs = 3_600_000
const dwellMs = 30_000
const mostLosses = 16

/** `now`: monotonic ms. `everyMs`: between two probes, each of which may take as long. */
export function addMiss(before: Silence, now: number, everyMs: number): Silence {
  const observed = Math.min(now - before.probedAt, 3 * everyMs)
  return { misses: before.misses + 1, lastedMs: before.lastedMs + observed, probedAt: now }
}

/** How much longer than usual it is waited: nothing the first time, then twice as long with each loss in an hour. */
export function dwellOf(losses: number): number {
  return losses <= 1 ? 0 : Math.min(dwellMs * 2 ** (losses - 1), hourMs)
}

/**
 * `before` itself when nothing is to change; undefined: a member that is new has not been asked often enough. No state is
 * skipped, but one observation may lead through several. `now`: milliseconds since 1970.
 */
export function nextHealth(
  before: ClusterHealth | undefined,
  observation: Observation,
  now: number,
  options: AvailabilityOptions,
): ClusterHealth | undefined {
  const isTold = before !== undefined || observation.kind === 'answered'
  if (!isTold && observation.silence.misses < missesUntilSuspect) return undefined
  let health = before ?? { state: 'Healthy', since: timestamp(now) }
  for (;;) {
    const next = nextStep(health, observation, now, options)
    if (next === health) return health
    health = next
  }
}

/** One step, or `before` itself. */
export function nextStep(
  before: ClusterHealth,
  observation: Observation,
  now: number,
  options: AvailabilityOptions,
): ClusterHealth {
  return observation.kind === 'answered' ? afterAnswer(before, now) : afterSilence(before, observation, now, options)
}

function afterAnswer(before: ClusterHealth, now: number): ClusterHealth {
  const { state, since } = before
  // The clock has been put back: what began later than now lasts from now.
  if (Date.parse(since) > now && (state === 'Healthy' || state === 'Recovering')) return become(state, before, now)
  if (state === 'Healthy') return before
  if (state === 'Suspect') return become('Healthy', before, now)
  if (state !== 'Recovering') return become('Recovering', before, now)
  const steadyMs = Math.max(dwellMs, dwellOf(lossesOf(before, now).length))
  return now - Date.parse(since) >= steadyMs ? become('Healthy', before, now) : before
}

function afterSilence(
  before: ClusterHealth,
  { silence: { misses, lastedMs }, isDisputed }: Extract<Observation, { kind: 'silent' }>,
  now: number,
  { missesUntilUnknown, notReadyAfterMs }: AvailabilityOptions,
): ClusterHealth {
  const { state } = before
  if (state === 'Failed' || misses < missesUntilSuspect) return before
  const silentSince = before.silentSince ?? timestamp(now - lastedMs)
  if (state === 'Healthy') return { ...become('Suspect', before, now), silentSince }
  if (isDisputed) return before
  if (state === 'Unreachable') {
    const dwell = dwellOf(lossesOf(before, now).length)
    return lastedMs >= notReadyAfterMs + dwell ? { ...become('Failed', before, now), silentSince } : before
  }
  if (misses < missesUntilUnknown) return before
  const losses = [...lossesOf(before, now), timestamp(now)].slice(-mostLosses)
  return { ...become('Unreachable', before, now), silentSince, losses }
}

function become(state: ClusterHealth['state'], before: ClusterHealth, now: number): ClusterHealth {
  const losses = lossesOf(before, now)
  return { state, since: timestamp(now), ...(losses.length > 0 ? { losses } : {}) }
}
