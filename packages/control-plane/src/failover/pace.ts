// How many moves may begin now. Pure.

export interface Pace {
  readonly left: number
  /** Monotonic ms of the last look. */
  readonly at: number
}

/** What may begin at `now`: never more than those of one second, and at least one where more than a second has passed. */
export function refill(before: Pace | undefined, perSecond: number, now: number): Pace {
  const most = Math.max(1, perSecond)
  if (before === undefined) return { left: most, at: now }
  return { left: Math.min(most, before.left + ((now - before.at) * perSecond) / 1_000), at: now }
}
