// How many pods each ReplicaSet of a Deployment should have next. Pure.
// The rules are those of the Deployment documentation: never fewer than desired - maxUnavailable pods available,
// never more than desired + maxSurge pods in all.

export interface RolloutSet {
  readonly name: string
  readonly replicas: number
  readonly available: number
  /** Pods that exist. */
  readonly observed: number
  /** Newer is greater. */
  readonly revision: number
  /** desired + maxSurge of when it was last scaled; proportions are taken of it. */
  readonly maxReplicas: number
}

export interface Rollout {
  readonly desired: number
  readonly maxSurge: number
  readonly maxUnavailable: number
  readonly strategy: 'RollingUpdate' | 'Recreate'
  /** The set of the current template, if there is one yet. */
  readonly current?: RolloutSet
  readonly old: readonly RolloutSet[]
}

/** By name of the set: only those that change. */
export type Scaling = ReadonlyMap<string, number>

/** The next step of a rollout. */
export function planRollout(rollout: Rollout): Scaling {
  const { current, old, desired } = rollout
  if (rollout.strategy === 'Recreate') {
    const shrunk = changes(old.map((set) => [set, 0]))
    if (shrunk.size > 0) return shrunk
    return current === undefined || old.some(({ observed }) => observed > 0) ? shrunk : changes([[current, desired]])
  }
  if (current !== undefined) {
    const grown = changes([[current, growCurrent(rollout, current)]])
    if (grown.size > 0) return grown
  }
  return shrinkOld(rollout)
}

function growCurrent({ desired, maxSurge, old }: Rollout, current: RolloutSet): number {
  if (current.replicas >= desired) return desired
  const room = desired + maxSurge - current.replicas - sum(old, ({ replicas }) => replicas)
  return current.replicas + Math.max(0, Math.min(room, desired - current.replicas))
}

/** First the pods that are not available anyway, then as many as availability allows; the oldest set first. */
function shrinkOld({ desired, maxUnavailable, current, old }: Rollout): Scaling {
  const all = current === undefined ? old : [...old, current]
  const least = desired - maxUnavailable
  const notYetAvailable = current === undefined ? 0 : current.replicas - current.available
  let spare = sum(all, ({ replicas }) => replicas) - least - notYetAvailable
  if (spare <= 0) return new Map()
  const left = old.toSorted((a, b) => a.revision - b.revision).map((set) => ({ set, replicas: set.replicas }))
  for (const entry of left) {
    const unhealthy = Math.min(spare, Math.max(0, entry.set.replicas - entry.set.available))
    entry.replicas -= unhealthy
    spare -= unhealthy
  }
  let removable = sum(all, ({ available }) => available) - least
  for (const entry of left) {
    const removed = Math.max(0, Math.min(entry.replicas, removable))
    entry.replicas -= removed
    removable -= removed
  }
  return changes(left.map(({ set, replicas }) => [set, replicas]))
}

/** After `desired` itself was changed: all sets that have pods keep their proportions. */
export function planScale(rollout: Rollout): Scaling {
  const { desired, current, old } = rollout
  const active = [...old, ...(current === undefined ? [] : [current])].filter(({ replicas }) => replicas > 0)
  const only = active.length <= 1 ? (active[0] ?? current ?? newest(old)) : undefined
  if (only !== undefined) return changes([[only, desired]])
  const isSaturated = current !== undefined && current.replicas === desired && current.available === desired
  if (isSaturated) return changes(old.map((set) => [set, 0]))
  return rollout.strategy === 'RollingUpdate' ? proportional(rollout, active) : new Map()
}

function proportional({ desired, maxSurge }: Rollout, active: readonly RolloutSet[]): Scaling {
  const allowed = desired > 0 ? desired + maxSurge : 0
  const toAdd = allowed - sum(active, ({ replicas }) => replicas)
  if (toAdd === 0) return new Map()
  // The biggest take the rounding; among equals the newest grow and the oldest shrink first.
  const age = toAdd > 0 ? -1 : 1
  const sorted = active.toSorted((a, b) => b.replicas - a.replicas || age * (a.revision - b.revision))
  let added = 0
  const next = sorted.map((set) => {
    const share = Math.round((set.replicas * (desired + maxSurge)) / (set.maxReplicas || set.replicas)) - set.replicas
    const part = toAdd > 0 ? clamp(share, 0, toAdd - added) : clamp(share, toAdd - added, 0)
    added += part
    return { set, replicas: set.replicas + part }
  })
  const first = next[0]
  if (first !== undefined) first.replicas = Math.max(0, first.replicas + toAdd - added)
  return changes(next.map(({ set, replicas }) => [set, replicas]))
}

function newest(sets: readonly RolloutSet[]): RolloutSet | undefined {
  return sets.toSorted((a, b) => b.revision - a.revision)[0]
}

function changes(wanted: readonly (readonly [RolloutSet, number])[]): Scaling {
  return new Map(
    wanted.filter(([set, replicas]) => set.replicas !== replicas).map(([set, replicas]) => [set.name, replicas]),
  )
}

function sum(sets: readonly RolloutSet[], amount: (set: RolloutSet) => number): number {
  return sets.reduce((total, set) => total + amount(set), 0)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
