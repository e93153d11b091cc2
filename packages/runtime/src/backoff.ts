// How long to wait before trying again.

export interface Backoff {
  readonly baseMs: number
  readonly maxMs: number
}

/**
 * Exponential with jitter: between half of and the whole `baseMs · 2^failures`, at most `maxMs`.
 * `failures` counts from 0; `random` is uniform in [0, 1).
 */
export function backoffDelay(failures: number, { baseMs, maxMs }: Backoff, random: () => number): number {
  const fullMs = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 40))
  return fullMs * (0.5 + random() / 2)
}
