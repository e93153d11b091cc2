// Joins an allocation with what clusters hold, so that nothing shrinks before what replaces it is ready.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import type { HeldUp } from './held-up.ts'
import type { Holding } from './holding.ts'
import { compareText, type Snapshot } from './snapshot.ts'

export interface Target {
  readonly replicas: ReadonlyMap<string, number>
  /** Of a Job. */
  readonly completions?: ReadonlyMap<string, number>
  /** An object without replicas. */
  readonly isWhole: boolean
}

interface Step {
  readonly id: string
  readonly name: string
  readonly base: number
  /** None: the allocation does not have the cluster. */
  readonly to?: number
}

/**
 * The clusters of the new decision, by name. While some grow and others shrink, both say what they had (`from`),
 * and dropped ones stay with 0 replicas. The same while what is to grow cannot, and where nothing fits at all: the last
 * copies stay where they are.
 * Clusters that are no longer registered are left out.
 */
export function joinMoves(
  target: Target,
  holdings: ReadonlyMap<string, Holding>,
  { missing, mayLeave }: HeldUp,
  snapshot: Snapshot,
): readonly DecidedCluster[] {
  const steps = stepsOf(target, holdings, snapshot)
  const grows = steps.some(({ base, to = 0 }) => to > base)
  const shrinks = steps.some(({ base, to = 0 }) => to < base)
  const isMoving = shrinks && (grows || missing > 0)
  return steps
    .filter(({ base, to }) => to !== undefined || (base > 0 && (isMoving || !mayLeave)))
    .map((step) => toEntry(step, isMoving, target, holdings.get(step.id)?.entry))
    .sort((left, right) => compareText(left.name, right.name) || compareText(left.id, right.id))
}

function stepsOf(target: Target, holdings: ReadonlyMap<string, Holding>, snapshot: Snapshot): readonly Step[] {
  const ids = new Set([...holdings.keys(), ...target.replicas.keys()])
  return [...ids].flatMap((id) => {
    const cluster = snapshot.byId.get(id)
    if (cluster === undefined) return []
    const to = target.replicas.get(id)
    const base = holdings.get(id)?.base ?? 0
    return [{ id, name: cluster.name, base, ...(to === undefined ? {} : { to }) }]
  })
}

function toEntry(
  { id, name, base, to }: Step,
  isMoving: boolean,
  { completions, isWhole }: Target,
  before: DecidedCluster | undefined,
): DecidedCluster {
  const replicas = isWhole && to !== undefined ? undefined : (to ?? 0)
  // Without a place in the allocation it is only here because it must stay.
  const isChanging = to === undefined || (isMoving && base !== to)
  const done = to === undefined ? undefined : completions?.get(id)
  const doneBefore = isChanging ? (before?.fromCompletions ?? before?.completions) : undefined
  return {
    name,
    id,
    ...(replicas === undefined ? {} : { replicas }),
    ...(done === undefined ? {} : { completions: done }),
    ...(isChanging ? { from: base } : {}),
    ...(doneBefore === undefined ? {} : { fromCompletions: doneBefore }),
  }
}

/** Clusters of `previous` that `next` has no more: what the write of `next` records as removals. */
export function droppedClusters(previous: Decision | undefined, next: Decision): readonly DecidedCluster[] {
  const kept = new Set(next.clusters.map(({ id }) => id))
  return (previous?.clusters ?? []).filter(({ id }) => !kept.has(id))
}
