// What domains can have together: how many replicas at least and at most, and how many of the domains can have one.

/** What is asked of the domains of one level, for a number of replicas. Infinity: no bound. */
export interface Limit {
  /** Domains that are to have a replica. */
  readonly least: number
  /** Domains that may be used. */
  readonly most: number
  /** Replicas that one may have. */
  readonly cap: number
  /** Replicas by which those that are used may differ. */
  readonly maxSkew: number
}

export interface Reach {
  /** Replicas that they need at least, and may have at most. */
  readonly low: number
  readonly high: number
  /** By level: domains that have one when there are no more than `low` … */
  readonly filled: readonly number[]
  /** … and those that can have one besides, each for one replica more. */
  readonly fillable: readonly number[]
  /** False where some domain needs more than it may have. */
  readonly isPossible: boolean
}

/** Clusters, or domains, with the place of their domain at each level. */
export interface Part {
  readonly path: readonly number[]
  readonly reach: Reach
}

export function emptyReach(levels: number, high: number): Reach {
  const none = Array.from({ length: levels }, () => 0)
  return { low: 0, high, filled: none, fillable: none, isPossible: true }
}

/** Domains of level `to` from parts of domains of level `from`: a higher number is a finer level. */
export function foldParts(
  parts: readonly Part[],
  limits: readonly Limit[],
  from: number,
  to: number,
  floor: number,
): readonly Part[] {
  let folded = parts
  for (let level = from; level >= to; level -= 1) {
    folded = [...Map.groupBy(folded, ({ path }) => path[level])].map(([, inside]) => ({
      path: inside[0]?.path ?? [],
      reach: boundAt(level, joinReaches(inside, limits.length), limits[level], floor),
    }))
  }
  return folded
}

export function joinReaches(parts: readonly Part[], levels: number): Reach {
  const filled = Array.from({ length: levels }, () => 0)
  const fillable = Array.from({ length: levels }, () => 0)
  let [low, high, isPossible] = [0, 0, true]
  for (const { reach } of parts) {
    low += reach.low
    high += reach.high
    isPossible &&= reach.isPossible
    for (let level = 0; level < levels; level += 1) {
      filled[level] = (filled[level] ?? 0) + (reach.filled[level] ?? 0)
      fillable[level] = (fillable[level] ?? 0) + (reach.fillable[level] ?? 0)
    }
  }
  return { low, high, filled, fillable, isPossible }
}

/** What a domain may have, of what is inside it: the replicas that its floor adds go where none are. */
export function boundAt(level: number, inside: Reach, limit: Limit | undefined, floor: number): Reach {
  const { cap = Infinity, maxSkew = Infinity } = limit ?? {}
  const isSkewed = maxSkew < Infinity
  const low = isSkewed ? Math.max(floor, inside.low) : inside.low
  const high = Math.min(cap, floor + maxSkew, inside.high)
  const added = inside.fillable.map((count) => Math.min(count, low - inside.low))
  const filled = inside.filled.map((count, at) => (at === level ? Math.min(1, low) : count + (added[at] ?? 0)))
  const fillable = inside.fillable.map((count, at) =>
    at === level ? Math.min(1, high) - Math.min(1, low) : Math.min(count - (added[at] ?? 0), high - low),
  )
  return { low, high, filled, fillable, isPossible: inside.isPossible && low <= high }
}

/** Domains of a level that can have one of so many replicas. */
export function groupsAt(level: number, replicas: number, { low, filled, fillable }: Reach): number {
  return (filled[level] ?? 0) + Math.min(fillable[level] ?? 0, replicas - low)
}

/** Domains that are to have a replica and cannot, of all levels. */
export function unmetGroups(replicas: number, reach: Reach, limits: readonly Limit[]): number {
  return limits.reduce(
    (sum, { least }, level) => sum + Math.max(0, Math.min(least, replicas) - groupsAt(level, replicas, reach)),
    0,
  )
}
